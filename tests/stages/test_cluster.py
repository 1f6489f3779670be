"""cluster: planted materials come back, stopped or not; and what cannot be clustered is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.models.training import TrainingConfig
from hsicli.stages.cluster import ClusterConfig, MergingConfig, cluster_cube
from hsicli.stages.encoding import EncoderConfig
from hsicli.stages.hysime import HysimeConfig, estimate_subspace
from hsicli.stages.mixtures import MixtureConfig
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
SHARES = (0.5, 0.3, 0.15, 0.05)
QUICK = ClusterConfig(
    dimension=4,
    components=8,
    encoder=EncoderConfig(hidden=(16, 8), training=TrainingConfig(epochs=2, batch_size=128)),
    mixture=MixtureConfig(max_iterations=15, final_iterations=3, rare_components=2),
)


@pytest.fixture(scope="module")
def planted():
    """Four materials in 48 × 50 pixels of 30 bands, noise, unit length, a corner of fill; the truth."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, 30)
    spectra = np.stack([1 - 0.3 * np.exp(-(((x - at) / 0.08) ** 2)) for at in (0.2, 0.4, 0.6, 0.8)])
    truth = np.repeat(np.arange(4), [round(share * 2400) for share in SHARES]).reshape(48, 50)
    data = spectra[truth] * rng.uniform(0.5, 1.5, (48, 50, 1)) * (1 + 0.01 * rng.normal(size=(48, 50, 30)))
    data /= np.linalg.norm(data, axis=2, keepdims=True)
    data[:4, :5] = np.nan
    return Cube(data.astype(np.float32), wavelengths=np.linspace(1050, 2500, 30)), truth


def clustered(cube, config=QUICK, **options):
    return cluster_cube(cube, config, **{"seed": 0, "device": CPU} | options)


@pytest.fixture(scope="module")
def product(planted):
    return clustered(planted[0])


@pytest.mark.parametrize("method", ["autoencoder-mixture", "pca-mixture", "pca-kmeans"])
def test_planted_materials_come_back(planted, method):
    cube, truth = planted
    labels = clustered(cube, replace(QUICK, method=method)).labels
    seen = labels > 0
    assert adjusted_rand_score(truth[seen], labels[seen]) > 0.95


def test_fill_is_unlabeled_and_everything_else_is_not(planted, product):
    assert (product.labels[:4, :5] == 0).all()
    assert (product.labels == 0).sum() == 20
    assert np.isnan(product.codes[:4, :5]).all()
    assert np.isnan(product.entropy[:4, :5]).all()
    assert np.isfinite(product.entropy).sum() == np.isfinite(product.codes[..., 0]).sum() == 48 * 50 - 20


def test_classes_are_numbered_by_falling_size(product):
    counts = np.bincount(product.labels.ravel())[1:]
    np.testing.assert_array_equal(product.counts, counts)
    assert (np.diff(counts) <= 0).all()
    assert product.names[:2] == ("class 1", "class 2")
    assert product.colours.shape == (len(counts), 3)


def test_means_and_deviations_are_those_of_the_pixels(planted, product):
    spectra = planted[0].data.astype(np.float64)
    for number in range(1, len(product.names) + 1):
        members = spectra[product.labels == number]
        np.testing.assert_allclose(product.means[number - 1], members.mean(0), rtol=1e-6)
        np.testing.assert_allclose(product.deviations[number - 1], members.std(0), atol=1e-6)


def test_entropy_lies_between_none_and_that_of_ignorance(product):
    entropy = product.entropy[product.labels > 0]
    assert entropy.min() >= 0
    assert entropy.max() <= np.log(len(product.names)) + 1e-6


def test_no_cluster_is_joined_at_angle_zero_and_all_at_a_right_angle(planted):
    apart = clustered(planted[0], replace(QUICK, method="pca-kmeans", merging=MergingConfig(max_angle=0.0)))
    assert len(apart.names) == len(apart.merge_angles) + 1 == 8
    one = clustered(planted[0], replace(QUICK, method="pca-kmeans", merging=MergingConfig(max_angle=1.6)))
    assert len(one.names) == 1


def test_as_many_classes_as_were_asked_for(planted):
    for wanted in (1, 3, 8):
        config = replace(QUICK, method="pca-kmeans", merging=MergingConfig(classes=wanted))
        assert len(clustered(planted[0], config).names) == wanted


def test_the_dimension_is_hysimes_within_bounds(planted):
    config = replace(QUICK, dimension=None, components=None, method="pca-kmeans", merging=MergingConfig(0.0))
    product = clustered(planted[0], config)
    assert product.codes.shape[2] == 8, "HySime finds four directions; a code has eight numbers at least"
    assert len(product.names) == 16, "k = 2 d"
    again = clustered(planted[0], config, subspace=estimate_subspace(planted[0], HysimeConfig()))
    np.testing.assert_array_equal(again.labels, product.labels)


def assert_same_bytes(one, other):
    for name in ("labels", "codes", "entropy", "means", "deviations", "counts", "merge_angles"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_the_same_seed_gives_the_same_bytes(planted, product):
    assert_same_bytes(clustered(planted[0]), product)


def test_a_run_that_was_stopped_anywhere_ends_in_the_same_bytes(planted, product):
    whole = Memory()
    clustered(planted[0], checkpoint=whole)
    assert whole.offers > 6, "two epochs and some iterations of each round"
    for stop_at in range(1, whole.offers + 1):
        stopped = Memory(stop_at)
        with pytest.raises(Stop):
            clustered(planted[0], checkpoint=stopped)
        assert_same_bytes(clustered(planted[0], checkpoint=Memory(state=stopped.state)), product)


def test_bad_bands_and_the_order_of_bands_do_not_matter(planted, product):
    cube = planted[0]
    data = np.concatenate([cube.data[..., ::-1], np.full((48, 50, 1), 7, np.float32)], axis=2)
    wavelengths = np.append(cube.wavelengths[::-1], 3000.0)
    turned = Cube(data, wavelengths=wavelengths, good_bands=np.arange(31) < 30)
    np.testing.assert_array_equal(clustered(turned).labels, product.labels)


def test_a_cube_of_fill_is_refused():
    cube = Cube(np.full((20, 20, 30), np.nan, np.float32))
    with pytest.raises(InputError, match="0 valid spectra"):
        clustered(cube)


def test_too_few_spectra_are_refused(planted):
    with pytest.raises(InputError, match="79 valid spectra; 8 clusters of 4 codes need 80"):
        clustered(Cube(planted[0].data[10:11].repeat(2, 0)[:, :40].reshape(1, 80, 30)[:, :79]))


def test_one_band_is_refused(planted):
    with pytest.raises(InputError, match="1 good band"):
        clustered(Cube(planted[0].data[..., :1]), replace(QUICK, dimension=1))


def test_a_constant_band_is_named(planted):
    data = planted[0].data.copy()
    data[..., 3] = 0.25
    with pytest.raises(InputError, match=r"band 4 \(1200\.0 nm\) is 0\.25 in every pixel"):
        clustered(Cube(data, wavelengths=planted[0].wavelengths))


def test_the_subspace_of_another_cube_is_refused(planted):
    other = estimate_subspace(Cube(planted[0].data[..., :29]), HysimeConfig())
    with pytest.raises(InputError, match="the subspace is of 29 bands, the cube has 30"):
        clustered(planted[0], subspace=other)


def test_a_code_longer_than_a_spectrum_is_refused(planted):
    with pytest.raises(InputError, match="longer than a spectrum of 30 bands"):
        clustered(planted[0], replace(QUICK, dimension=31))


def test_a_setting_that_means_nothing_is_refused():
    with pytest.raises(ValueError, match="components must be 1 or more"):
        ClusterConfig(components=0)


def test_a_small_cube_gets_fewer_clusters_than_its_codes_would_ask_for(rng):
    endmembers = rng.random((3, 12)) + 0.2
    spectra = rng.dirichlet([0.2] * 3, 150) @ endmembers + rng.normal(0, 1e-3, (150, 12))
    cube = Cube(spectra.reshape(10, 15, 12).astype(np.float32))
    config = ClusterConfig(method="pca-kmeans", dimension=10)
    product = cluster_cube(cube, config, seed=0, device=torch.device("cpu"))
    assert 1 <= len(product.names) <= 15
    assert (product.labels > 0).all()
