"""Colours of minerals: the same everywhere, told apart by most eyes."""

import numpy as np

from hsicli.algorithms.mineral_colours import KNOWN, mineral_colours, seen_by, tints

COMMON = tuple(names.split("|")[0] for names in KNOWN[:16])


def test_a_mineral_has_one_colour_whatever_the_library_and_its_spelling():
    alone = mineral_colours(("Mg-Carbonate",))
    among = mineral_colours(("kaolinite", "MG_CARBONATE", "magnesite"))
    np.testing.assert_array_equal(among[1], alone[0])
    np.testing.assert_array_equal(mineral_colours(("magnesite",)), alone)
    np.testing.assert_array_equal(mineral_colours(("Magnesite HS47.3B",)), alone)
    np.testing.assert_array_equal(mineral_colours(("gold", "x"))[0], mineral_colours(("Gold",))[0])


def test_known_minerals_differ_for_every_kind_of_eye():
    views = seen_by(mineral_colours(COMMON))
    for view, least in zip(views, (0.08, 0.02, 0.02), strict=True):
        distances = np.linalg.norm(view[:, None] - view, axis=2) + np.eye(len(view))
        assert distances.min() > least


def test_grey_is_grey_to_all_eyes():
    np.testing.assert_allclose(seen_by(np.array([[120, 120, 120]], dtype=np.uint8))[:, 0, 1:], 0, atol=0.02)


def test_a_tint_is_lighter_than_its_colour():
    colours = mineral_colours(COMMON)
    assert (seen_by(tints(colours))[0, :, 0] > seen_by(colours)[0, :, 0]).all()
    assert len(mineral_colours(())) == 0


def test_no_two_minerals_of_a_map_have_one_colour():
    names = (
        "magnesite",
        "Mg-carbonate",
        "Alunite GDS84",
        "Alunite GDS96",
        "alunite",
        *(f"rock {k}" for k in range(30)),
    )
    colours = mineral_colours(names)
    assert len({tuple(colour) for colour in colours.tolist()}) == len(names)
    np.testing.assert_array_equal(colours[4], mineral_colours(("alunite",))[0])
    assert len(mineral_colours(tuple(f"rock {k}" for k in range(200)))) == 200
