"""The table of formulas: complete, in the order of the delivered products, and free of slips of the pen."""

import re

import pytest

from hsicli.algorithms.parameter_needs import channels_of
from hsicli.algorithms.parameter_table import PARAMETERS, Depth, Least, Mean, Residual, Shoulder


def test_the_delivered_sixty_come_first_in_their_order_then_the_second_olivine_index():
    names = list(PARAMETERS)
    assert len(names) == 61
    # 0-based places in the delivered products
    places = {
        "R770": 0,
        "RPEAK1": 8,
        "OLINDEX3": 13,
        "VAR": 18,
        "BD1900_2": 25,
        "D2300": 39,
        "BD3000": 46,
        "R3920": 59,
    }
    assert {name: names.index(name) for name in places} == places
    assert names[60] == "OLINDEX3_TABLE"


@pytest.mark.parametrize("name", [name for name, form in PARAMETERS.items() if isinstance(form, Residual)])
def test_the_weights_of_an_index_add_up_to_one(name):
    assert sum(weight for weight, _ in PARAMETERS[name].terms) == pytest.approx(1)


def test_centres_lie_between_their_shoulders():
    for name, form in PARAMETERS.items():
        depths = form.depths if isinstance(form, Mean | Least) else [form]
        for depth in depths:
            if isinstance(depth, Depth | Shoulder):
                assert depth.short.wavelength < depth.centre.wavelength < depth.long.wavelength, name


def test_a_parameter_named_for_a_wavelength_has_a_channel_there():
    for name, form in PARAMETERS.items():
        number = re.search(r"\d{3,4}", name)
        channels = list(channels_of(form))
        if number and channels:
            assert min(abs(channel.wavelength - int(number[0])) for channel in channels) <= 50, (
                name
            )  # BD3200: of 3320, from 3250 on
