"""Codes of the masked autoencoder: patches by hand; a run that is stopped anywhere ends in the same bits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import hsicli.stages.masked as stage
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.models.training import TrainingConfig
from hsicli.models.umae import UmaeConfig
from hsicli.runtime import nowhere, quiet
from hsicli.stages.features import principal_components
from hsicli.stages.masked import MaskedConfig, Patches, masked_codes
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
TINY = MaskedConfig(
    pixels=20,
    network=UmaeConfig(
        patch=3, group=3, step=4, width=12, depth=1, heads=2, decoder_depth=1, decoder_heads=2, hidden=16
    ),
    training=TrainingConfig(3, 8, 5e-3, 1e-3, 3),
)


def patches_of(cube: Cube, size: int = 3) -> Patches:
    found = principal_components(cube, cube.valid, "range", 5, quiet)
    return Patches(cube, cube.valid, found.lowest, found.highest, size)


def encoded(planted, config=TINY, seed=0, checkpoint=nowhere, saved=None):
    cube = planted.cube
    components = principal_components(cube, cube.valid, "range", 20, quiet).values
    return masked_codes(
        patches_of(cube, config.network.patch), components, config,
        seed=seed, device=CPU, track=quiet, checkpoint=checkpoint, saved=saved or {},
    )  # fmt: skip


def by_hand(cube: Cube, size: int) -> np.ndarray:
    """(n, size², bands): each patch on its own."""
    half, valid = size // 2, cube.valid
    low, high = cube.data[valid].min(axis=0), cube.data[valid].max(axis=0)
    data = np.where(valid[..., None], (cube.data - low) / (high - low), np.nan)
    wide = np.pad(data, ((half, half), (half, half), (0, 0)), mode="symmetric")
    out = []
    for row, col in np.argwhere(valid):
        found = wide[row : row + size, col : col + size].reshape(size**2, -1)
        out.append(np.where(np.isnan(found), data[row, col], found))
    return np.array(out)


@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("block", [stage.BLOCK_BYTES, 40_000])
def test_patches_are_mirrored_at_edges_and_fill_is_the_pixel_itself(planted, monkeypatch, size, block):
    monkeypatch.setattr(stage, "BLOCK_BYTES", block)
    found = list(patches_of(planted.cube, size).walk(planted.cube.valid, 50))
    assert max(map(len, found)) <= 50
    np.testing.assert_allclose(np.concatenate(found), by_hand(planted.cube, size), rtol=1e-4, atol=1e-5)


def test_an_image_smaller_than_a_patch_is_its_own_mirror(rng):
    cube = Cube(rng.random((2, 3, 4)).astype(np.float32))
    (found,) = patches_of(cube, 7).walk(cube.valid, 50)
    np.testing.assert_allclose(found, by_hand(cube, 7), rtol=1e-5, atol=1e-6)


def test_a_band_that_is_the_same_everywhere_is_zero(rng):
    data = rng.random((6, 6, 4)).astype(np.float32)
    data[..., 2] = 0.4
    cube = Cube(data)
    (found,) = patches_of(cube).walk(cube.valid, 50)
    assert np.isfinite(found).all()
    assert (found[..., 2] == 0).all()


def test_codes_are_of_length_one_and_tell_pixels_apart(planted):
    codes = encoded(planted)
    assert codes.shape == (planted.cube.valid.sum(), 12)
    assert codes.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 1, rtol=1e-5)
    assert codes.std(axis=0).min() > 0


def test_the_seed_decides(planted):
    assert np.array_equal(encoded(planted), encoded(planted))
    assert not np.array_equal(encoded(planted), encoded(planted, seed=1))


def test_no_epoch_at_all_is_the_start(planted):
    still = replace(TINY, training=replace(TINY.training, epochs=0))
    assert np.isfinite(encoded(planted, still)).all()


def test_a_run_that_was_stopped_anywhere_ends_in_the_same_bits(planted):
    whole = Memory()
    expected = encoded(planted, checkpoint=whole)
    assert whole.offers == 3 + 1 + -(-len(expected) // stage.ENCODED), "epochs, weights, batches"
    for stop_at in (1, 2, 4, 6, whole.offers):
        stopped = Memory(stop_at)
        with pytest.raises(Stop):
            encoded(planted, checkpoint=stopped)
        again = Memory(state=stopped.state)
        found = encoded(planted, checkpoint=again, saved=again.load())
        assert again.offers == whole.offers - stop_at, "nothing is done twice"
        assert np.array_equal(found, expected), stop_at


def test_fewer_different_pixels_than_asked_for_are_enough():
    data = np.zeros((6, 6, 8), np.float32) + np.linspace(0.1, 0.9, 8, dtype=np.float32)
    data[:3] *= 0.5
    cube = Cube(data)
    components = principal_components(cube, cube.valid, "range", 20, quiet).values
    codes = masked_codes(
        patches_of(cube), components, TINY,
        seed=0, device=CPU, track=quiet, checkpoint=nowhere, saved={},
    )  # fmt: skip
    assert np.isfinite(codes).all()


def test_few_bands_are_enough_for_two_tokens_and_fewer_are_refused(rng):
    cube = Cube(rng.random((6, 6, 5)).astype(np.float32))
    components = principal_components(cube, cube.valid, "range", 20, quiet).values
    frame = {"seed": 0, "device": CPU, "track": quiet, "checkpoint": nowhere, "saved": {}}
    two = replace(TINY, network=replace(TINY.network, masked=0.1))
    assert np.isfinite(masked_codes(patches_of(cube), components, two, **frame)).all()
    for changes in ({"step": 5}, {"group": 7}):
        wrong = replace(TINY, network=replace(TINY.network, **changes))
        with pytest.raises(InputError, match="5 good bands, too few"):
            masked_codes(patches_of(cube), components, wrong, **frame)


def test_the_draws_of_others_go_on_as_they_would(planted):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    encoded(planted)
    assert torch.equal(torch.rand(3), expected)


def test_no_pixels_to_learn_from_are_refused():
    with pytest.raises(ValueError, match="must be"):
        MaskedConfig(pixels=0)


@pytest.mark.gpu
def test_codes_of_a_gpu_are_those_of_a_processor(planted):
    """Of the same weights; learning itself draws its dropout otherwise."""
    still = replace(TINY, training=replace(TINY.training, epochs=0))
    cube = planted.cube
    components = principal_components(cube, cube.valid, "range", 20, quiet).values
    cpu, gpu = (
        masked_codes(
            patches_of(cube), components, still,
            seed=0, device=torch.device(name), track=quiet, checkpoint=nowhere, saved={},
        )
        for name in ("cpu", "cuda")
    )  # fmt: skip
    np.testing.assert_allclose(gpu, cpu, atol=1e-2)
