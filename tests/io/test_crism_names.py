"""Names of CRISM products: every part, in any case, and the files that belong together."""

from pathlib import Path

import pytest

from hsicli.io.crism_names import ProductName, belongings, describe_name, geometry_beside, parse_name, related


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("FRT0000932C_07_IF164J_MTR3", "FRT 0000932C 07 IF 164 J MTR 3 -"),
        ("frt0000932c_07_if164j_mtr3.img", "FRT 0000932C 07 IF 164 J MTR 3 -"),
        ("FRT0000932C_07_if164J_mtr3_Subsampled.tif", "FRT 0000932C 07 IF 164 J MTR 3 _SUBSAMPLED"),
        ("hrl000040ff_07_if183l_trr3.LBL", "HRL 000040FF 07 IF 183 L TRR 3 -"),
        ("frt00003e25_01_de156l_ddr1.lbl", "FRT 00003E25 01 DE 156 L DDR 1 -"),
        ("FRT0001FD76_07_WV166J_MTR3.TAB", "FRT 0001FD76 07 WV 166 J MTR 3 -"),
        ("frt0001fd76_07_brmafj_mtr3.png", "FRT 0001FD76 07 BR MAF J MTR 3 -"),
        ("FRT00009326_07_IF167_TER3", "FRT 00009326 07 IF 167 - TER 3 -"),  # so in the index of MICA
    ],
)
def test_every_part_of_a_name_is_read(name: str, parts: str) -> None:
    assert parse_name(name) == ProductName(*(part.replace("-", "") for part in parts.split()))


@pytest.mark.parametrize(
    "name", ["cube.img", "frt932c_07_if164j_mtr3", "FRT0000932C_07_IFMAFJ_MTR3", "T0897_MRRAL_05S113_0256_1"]
)
def test_other_names_are_none_of_these(name: str) -> None:
    assert parse_name(name) is None


def test_papers_drop_the_leading_zeros() -> None:
    found = parse_name("HRL000040FF_07_IF183J_MTR3")
    assert found is not None
    assert found.short == "HRL40FF"


def test_a_name_is_told_in_words() -> None:
    words = describe_name("frt0000932c_07_if164j_mtr3.img")
    assert words == {
        "product": "corrected, joined targeted data on a map (MTRDR), version 3",
        "observation": "FRT932C, full resolution targeted, part 07 (central scan)",
        "content": "I/F",
        "sensor": "J, both detectors joined",
        "macro": "164",
    }
    assert "not as archived" in describe_name("frt0000932c_07_if164j_mtr3_cat.img")["altered"]
    assert describe_name("FRT0001FD76_07_BRMAFJ_MTR3")["content"] == "browse image MAF"
    tile = describe_name("T0897_MRRAL_05S113_0256_1_cropped.IMG")
    assert tile["centre"] == "about 5° S, 113° E, 256 pixels a degree"
    assert describe_name("CDR410803692813_WA0000000L_3.IMG")["sensor"] == "L, infrared"
    assert describe_name("cdr6_1_0000000000_sw_s_2.tab")["content"] == "wavelengths of the sweet spot"
    assert describe_name("samson.img") == {}


def test_files_of_one_observation_are_found_whatever_their_case(tmp_path: Path) -> None:
    image = tmp_path / "frt00003e25_07_if156l_trr3.img"
    for name in (
        "FRT00003E25_07_DE156S_DDR1.LBL",
        "FRT00003E25_07_DE156L_DDR1.IMG",
        "frt00003e25_07_de156l_ddr1.lbl",
        "frt00003e25_06_de156l_ddr1.lbl",
        "frt00003e26_07_de156l_ddr1.lbl",
    ):
        (tmp_path / name).touch()
    assert geometry_beside(image) == tmp_path / "frt00003e25_07_de156l_ddr1.lbl"
    assert geometry_beside(tmp_path / "FRT00003E25_07_IF156S_TRR3.LBL") == (
        tmp_path / "FRT00003E25_07_DE156S_DDR1.LBL"
    )
    assert geometry_beside(tmp_path / "frt00003e25_07_if156j_ter3.img") is not None
    assert geometry_beside(tmp_path / "frt00003e25_07_if156j_mtr3.img") is None  # lies on a map already
    assert related(image, activity="IN", kind="MTR") is None
    assert related(tmp_path / "cube.img", activity="DE", kind="DDR") is None


def test_the_last_version_is_taken(tmp_path: Path) -> None:
    for version in "12":
        (tmp_path / f"frt00003e25_07_de156l_ddr{version}.lbl").touch()
    assert related(tmp_path / "frt00003e25_07_if156l_trr3.img", activity="DE", kind="DDR") == (
        tmp_path / "frt00003e25_07_de156l_ddr2.lbl"
    )


def test_what_an_image_is_read_with_belongs_to_it(tmp_path: Path) -> None:
    for name in (
        "FRT0000932C_07_IN164J_MTR3.IMG",
        "frt0000932c_07_in164j_mtr3.hdr",
        "frt0000932c_07_wv164j_mtr3.tab",
        "frt0000932c_07_wv164j_ter3.tab",
        "frt0000932c_07_su164j_mtr3.img",
        "frt0000932d_07_in164j_mtr3.img",
        "CDR410803692813_WA0000000L_3.IMG",
        "cdr6_1_0000000000_sw_l_3.tab",
        "cdr6_1_0000000000_sw_s_2.tab",
    ):
        (tmp_path / name).touch()
    on_map = belongings(tmp_path / "frt0000932c_07_if164j_mtr3.img")
    assert {file.name for file in on_map} == {
        "FRT0000932C_07_IN164J_MTR3.IMG", "frt0000932c_07_in164j_mtr3.hdr", "frt0000932c_07_wv164j_mtr3.tab"
    }  # fmt: skip
    in_sensor_space = belongings(tmp_path / "frt0000932c_07_if164l_trr3.img")
    assert {file.name for file in in_sensor_space} == {
        "CDR410803692813_WA0000000L_3.IMG",
        "cdr6_1_0000000000_sw_l_3.tab",
    }
    assert belongings(tmp_path / "cube.img") == ()
