"""Labels: what each form of the language means."""

import pytest

from hsicli.errors import InputError
from hsicli.io.odl import Quantity, beside, parse_label, target


def values(text):
    return parse_label(text, "a.lbl").values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A = 12", 12),
        ("A = -1.5E3", -1500.0),
        ("A = 1.5D3", 1500.0),
        ("A = 16#1F#", 31),
        ("A = 2#0000000111111111#", 511),
        ('A = "16#0001FD76#"', "16#0001FD76#"),
        ("A = 2012-03-06T10:00:00.5", "2012-03-06T10:00:00.5"),
        ("A = 03.01.08", "03.01.08"),
        ("A = N/A", "N/A"),
        ("A = 1/0803692813", "1/0803692813"),
        ("A = 3396.0 <KM>", Quantity(3396.0, "KM")),
        ("A = NULL <km>", Quantity("NULL", "KM")),
        ('A = ("F.IMG", 71 )', ("F.IMG", 71)),
        ('A = ("F.IMG", 5 <BYTES>)', ("F.IMG", Quantity(5, "BYTES"))),
        ("A = (1, 2, 3) <NM>", Quantity((1, 2, 3), "NM")),
        ("A = {B_1, 'C D',\n   E}", ("B_1", "C D", "E")),
        ("A = ((1, 2), (3))", ((1, 2), (3,))),
        ("A = {}", ()),
        ('A = ""', ""),
        ("A =\n    2", 2),
        ("A=2", 2),
        ('A = "two\n      lines"', "two lines"),
        ('A = "with a hy-\n      phen"', "with a hyphen"),
        ("A = 2 /* two */", 2),
        ("/* A = 1 */ A = 2 /*( not\n   the end )*/", 2),
        ("A = 1 /* open to the end of its line\nB = 3", 1),
        ("A = word/* stuck */", "word"),
    ],
)
def test_a_value_is_read_as_what_it_is(text, value):
    assert values(text)["A"] == value


def test_keys_are_found_in_any_case_and_with_their_namespace():
    assert values("mro:Sensor_Id = L\n^Image = 3") == {"MRO:SENSOR_ID": "L", "^IMAGE": 3}


def test_groups_lie_within_groups_and_are_found_at_any_depth():
    label = parse_label(
        "Object = FILE\n A = 1\n OBJECT = IMAGE\n B = 2\n End_Object = IMAGE\nEND_OBJECT\n"
        "GROUP = OTHER\nEND_GROUP = OTHER\nEND\n",
        "a.lbl",
    )
    assert [group.name for group in label.groups] == ["FILE", "OTHER"]
    assert label.find("IMAGE").values == {"B": 2}
    assert label.find("QUBE") is None


def test_what_follows_the_end_is_not_read():
    assert values('A = 1\nEND\n\x00\xff"<(') == {"A": 1}


def test_a_label_may_lack_its_end():
    assert values("A = 1") == {"A": 1}


def test_values_come_as_text_number_and_length():
    label = parse_label("A = 2 <KM>\nB = 3\nC = N/A\nD = 5 <M>\nE = 6 <PIXEL>\nF = X", "a.lbl")
    assert [label.number(key) for key in "ABCDEFG"] == [2, 3, None, 5, 6, None, None]
    assert [label.metres(key) for key in "ABCDEFG"] == [2000, 3000, None, 5, None, None, None]
    assert [label.text(key) for key in "ABCFG"] == ["2", "3", "", "X", ""]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A = 1\nB", 2),
        ("A = 1\n= 2", 2),
        ("A =", 1),
        ("A = 1\nB = (1,\n2", 3),
        ("A = <KM>", 1),
        ("END_OBJECT = X", 1),
        ("OBJECT = X\nA = 1\n", 3),
        ('A = 1\nB = "open', 2),
    ],
)
def test_a_broken_label_is_refused_with_its_line(text, line):
    with pytest.raises(InputError, match=rf"a\.lbl: line {line}: "):
        values(text)


def test_a_pointer_leads_to_file_and_byte(tmp_path):
    (tmp_path / "F.IMG").touch()
    label = parse_label("RECORD_BYTES = 100", "a.lbl")
    place = tmp_path / "a.lbl"

    def follow(pointer):
        return target(values(f"A = {pointer}")["A"], label, label, place)

    assert follow('"f.img"') == (tmp_path / "F.IMG", 0)
    assert follow('("F.IMG", 4)') == (tmp_path / "F.IMG", 300)
    assert follow('("F.IMG", 4 <BYTES>)') == (tmp_path / "F.IMG", 3)
    assert follow("4") == (place, 300)
    assert follow("4 <BYTES>") == (place, 3)
    with pytest.raises(InputError, match="cannot follow"):
        follow('("F.IMG", 0)')
    with pytest.raises(InputError, match=r"G\.IMG is not in"):
        follow('"G.IMG"')


def test_records_need_a_length(tmp_path):
    label = parse_label("A = 1", "a.lbl")
    with pytest.raises(InputError, match="RECORD_BYTES"):
        target(3, label, label, tmp_path / "a.lbl")


def test_a_neighbour_is_found_in_any_case_the_exact_one_first(tmp_path):
    (tmp_path / "A.IMG").touch()
    assert beside(tmp_path / "a.img") == tmp_path / "A.IMG"
    (tmp_path / "a.img").touch()
    assert beside(tmp_path / "a.img") == tmp_path / "a.img"
    assert beside(tmp_path / "b.img") is None
    assert beside(tmp_path / "no-folder" / "b.img") is None
