"""A fingerprint changes with each of its parts, and with nothing else."""

from dataclasses import replace

import pytest

from hsicli.provenance import Provenance, differences

BASE = Provenance(
    command="cluster",
    method="1.1",
    config={"training.epochs": 200, "method": "pca-kmeans"},
    seed=0,
    device="cpu",
    inputs={"cube": "ab" * 32},
)


@pytest.mark.parametrize(
    "change",
    [
        {"command": "hysime"},
        {"method": "2.1"},
        {"config": {"training.epochs": 5, "method": "pca-kmeans"}},
        {"seed": 1},
        {"device": "cuda"},
        {"inputs": {"cube": "cd" * 32}},
        {"inputs": {"cube": "ab" * 32, "subspace": "ef" * 32}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_part_changes_the_fingerprint(change):
    assert replace(BASE, **change).fingerprint != BASE.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"sources": {"seed": "file"}}, {"libraries": {"numpy": "3"}}, {"parents": {"cube": {"seed": 1}}}],
    ids=lambda change: next(iter(change)),
)
def test_what_is_only_recorded_does_not_change_it(change):
    assert replace(BASE, **change).fingerprint == BASE.fingerprint


def test_json_and_back_is_the_identity():
    assert Provenance.from_json(BASE.to_json()) == BASE


def test_differences_are_named_old_to_new():
    other = replace(BASE, config={"training.epochs": 5, "method": "pca-kmeans"}, seed=7)
    assert differences(BASE, other) == ["seed: 0 -> 7", "config.training.epochs: 200 -> 5"]


def test_equal_identities_have_no_differences():
    assert differences(BASE, replace(BASE, libraries={"numpy": "3"})) == []


def test_another_command_is_the_only_difference_named():
    assert differences(BASE, replace(BASE, command="hysime", seed=None)) == ["command: cluster -> hysime"]
