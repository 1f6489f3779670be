import numpy as np
import pytest

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.endmembers import directions, nfindr, signal_to_noise_outside, sivm, vca
from hsicli.errors import InputError

METHODS = {
    "vca": lambda spectra, p, rng: vca(spectra, p, rng=rng),
    "nfindr": lambda spectra, p, rng: nfindr(spectra, p, rng=rng),
    "sivm": lambda spectra, p, rng: sivm(spectra, p),
}
each = pytest.mark.parametrize("find", METHODS.values(), ids=METHODS)


def scene(p, bands, rng, n=1500):
    """Mixtures with one pure pixel an endmember; spectra, endmembers, rows of the pure ones."""
    endmembers = rng.random((p, bands))
    abundances = rng.dirichlet(np.full(p, 0.7), n)
    rows = rng.choice(n, p, replace=False)
    abundances[rows] = np.eye(p)
    return abundances @ endmembers, endmembers, rows


@each
@pytest.mark.parametrize("p", [2, 3, 8])
def test_pure_pixels_are_found_without_noise(find, p, rng):
    spectra, _, rows = scene(p, 40, rng)
    assert set(find(spectra, p, rng).tolist()) == set(rows.tolist())


@each
def test_pure_pixels_are_found_in_as_few_bands_as_there_can_be(find, rng):
    spectra, _, rows = scene(3, 2, rng) if find is not METHODS["vca"] else scene(3, 3, rng)
    assert set(find(spectra, 3, rng).tolist()) == set(rows.tolist())


@each
def test_a_little_noise_moves_them_a_little(find, rng):
    spectra, endmembers, _ = scene(5, 60, rng)
    rows = find(spectra + rng.normal(0, 0.005, spectra.shape), 5, rng)
    assert len(set(rows.tolist())) == 5
    assert spectral_angle(spectra[rows], endmembers).min(axis=0).max() < 0.05


@each
def test_turning_all_spectra_changes_nothing(find, rng):
    spectra, _, _ = scene(4, 12, rng)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    seen, turned = (find(x, 4, np.random.default_rng(7)) for x in (spectra, spectra @ turn))
    assert set(seen.tolist()) == set(turned.tolist())


@each
def test_more_endmembers_than_the_data_has_dimensions_is_refused(find, rng):
    spectra, _, _ = scene(4, 12, rng)
    with pytest.raises(InputError, match="differ in 4 directions, these do in 3") as caught:
        find(spectra, 5 + 0, rng)
    assert caught.value.hint == "ask for at most 4 endmembers"


@each
@pytest.mark.parametrize(
    ("spectra", "p", "words"),
    [
        (np.ones((10, 4)), 2, "in 0"),
        (np.eye(4), 5, "among 4 spectra"),
        (np.eye(4), 1, "no mixture"),
        (np.full((5, 4), np.nan), 2, "not finite"),
    ],
)
def test_bad_spectra_are_refused(find, spectra, p, words, rng):
    with pytest.raises(InputError, match=words):
        find(spectra, p, rng)


def test_both_branches_of_vca_find_the_corners(rng):
    spectra, _, rows = scene(4, 30, rng)
    for snr in (0.0, 100.0):
        assert set(vca(spectra, 4, rng=rng, snr=snr).tolist()) == set(rows.tolist())


def test_at_high_ratio_vca_does_not_mind_brightness(rng):
    spectra, _, rows = scene(4, 30, rng)
    lit = spectra * rng.uniform(0.3, 1.0, (len(spectra), 1))
    assert set(vca(lit, 4, rng=rng, snr=100.0).tolist()) == set(rows.tolist())


def test_vca_never_takes_a_pixel_without_light(rng):
    spectra, _, rows = scene(3, 20, rng)
    dark = np.vstack([spectra, -1e-3 * spectra[:5], np.zeros((5, 20))])
    assert set(vca(dark, 3, rng=rng, snr=100.0).tolist()) == set(rows.tolist())


def test_the_ratio_that_vca_estimates_is_that_of_the_noise(rng):
    endmembers = rng.random((3, 100))
    clean = rng.dirichlet(np.ones(3), 4000) @ endmembers
    for snr in (10.0, 30.0):
        sigma = np.sqrt(np.mean(clean**2) / 10 ** (snr / 10))
        noisy = clean + rng.normal(0, sigma, clean.shape)
        assert abs(signal_to_noise_outside(directions(noisy), 3) - snr) < 0.2


def test_nfindr_finds_the_largest_triangle(rng):
    points = rng.normal(size=(25, 2))
    found = points[nfindr(points, 3, rng=rng, starts=10)]

    def area(corners):
        (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[0]
        return abs(ax * by - ay * bx) / 2

    largest = max(
        area(points[[i, j, k]]) for i in range(25) for j in range(i + 1, 25) for k in range(j + 1, 25)
    )
    assert area(found) == pytest.approx(largest)


def test_sivm_goes_to_the_farthest_each_time():
    points = np.array([[0.0, 0.0], [10.0, 0.0], [4.0, 3.0], [9.0, 1.0], [5.0, -1.0]])
    assert sivm(points, 3).tolist() == [0, 1, 2] or sivm(points, 3).tolist() == [1, 0, 2]


def test_directions_are_those_of_the_covariance(rng):
    spectra = rng.normal(size=(500, 6)) * [3, 1, 5, 0.1, 2, 1] + 4
    found = directions(spectra.astype(np.float32))
    np.testing.assert_allclose(found.mean, spectra.mean(axis=0), rtol=1e-6)
    rebuilt = (found.axes.T * found.variances) @ found.axes
    np.testing.assert_allclose(rebuilt, np.cov(spectra.T, bias=True), atol=1e-5)
    assert (np.diff(found.variances) <= 0).all()
