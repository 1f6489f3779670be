import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.archetypes import Archetypes, archetypes, continued, least_coherent
from hsicli.algorithms.leastsquares import fractions, nnls
from hsicli.algorithms.minerals import spectra as mineral_spectra
from hsicli.errors import InputError
from hsicli.io.reading import read_cube


def matched(found, endmembers):
    angles = spectral_angle(found, endmembers)
    rows, columns = linear_sum_assignment(angles)
    return rows[np.argsort(columns)], angles[rows, columns].mean()


def scene(rng, n=1500):
    """Mixtures of three spectra, a fifth of the pixels nearly pure, each as bright as it likes."""
    axis = np.linspace(0, 1, 50)
    endmembers = 0.5 - 0.3 * np.exp(-(((axis - np.array([[0.2], [0.5], [0.8]])) / 0.1) ** 2))
    abundances = rng.dirichlet(np.full(3, 0.4), n)
    spectra = abundances @ endmembers * rng.uniform(0.4, 1, (n, 1)) + rng.normal(0, 0.002, (n, 50))
    return spectra, endmembers, abundances


def test_planted_endmembers_are_found_whatever_the_brightness(rng):
    spectra, endmembers, abundances = scene(rng)
    run = least_coherent(list(archetypes(spectra, 3, restarts=5, rng=rng)))
    order, angle = matched(run.weights @ spectra, endmembers)
    assert angle < 0.02
    assert np.sqrt(np.mean((run.abundances[:, order] - abundances) ** 2)) < 0.05


def test_nearly_parallel_spectra_of_minerals_are_told_apart(rng):
    names = ("kaolinite", "alunite", "calcite", "muscovite", "chalcedony", "montmorillonite")
    endmembers = mineral_spectra(names, np.linspace(1000, 2500, 100))
    spectra = rng.dirichlet(np.full(6, 0.3), 2000) @ endmembers * rng.uniform(0.5, 1, (2000, 1))
    run = least_coherent(
        list(archetypes(spectra + rng.normal(0, 0.002, spectra.shape), 6, restarts=2, rng=rng))
    )
    assert matched(run.weights @ spectra, endmembers)[1] < 0.01


def test_both_factors_lie_on_the_simplex(rng):
    spectra, _, _ = scene(rng, n=300)
    for run in archetypes(spectra, 3, restarts=2, rounds=20, rng=rng):
        for factor, shape in ((run.weights, (3, 300)), (run.abundances, (300, 3))):
            assert factor.shape == shape
            assert factor.min() >= 0
            np.testing.assert_allclose(factor.sum(axis=1), 1, atol=1e-12)


def test_a_run_that_goes_on_fits_better_and_starts_where_it_was(rng):
    spectra, _, _ = scene(rng, n=400)
    run = next(archetypes(spectra, 3, restarts=1, rounds=15, rng=rng))
    still, further = (continued(spectra, run, rounds=rounds) for rounds in (0, 60))
    np.testing.assert_allclose(still.weights, run.weights, atol=1e-12)
    assert further.misfit < run.misfit
    np.testing.assert_allclose(further.weights.sum(axis=1), 1, atol=1e-12)


def test_more_rounds_fit_better(rng):
    spectra, _, _ = scene(rng, n=400)
    misfits = [
        next(archetypes(spectra, 3, restarts=1, rounds=rounds, rng=np.random.default_rng(4))).misfit
        for rounds in (1, 10, 100)
    ]
    assert misfits[0] > misfits[1] > misfits[2]


def test_the_same_seed_gives_the_same_run(rng):
    spectra, _, _ = scene(rng, n=200)
    first, second = (
        next(archetypes(spectra, 3, restarts=1, rounds=5, rng=np.random.default_rng(1))) for _ in range(2)
    )
    assert (first.weights == second.weights).all()


def test_among_equal_fits_the_least_coherent_run_is_taken():
    def run(misfit, coherence):
        return Archetypes(np.empty(0), np.empty(0), misfit, coherence)

    runs = [run(1.0, 0.99), run(1.04, 0.8), run(1.06, 0.1)]
    assert least_coherent(runs) is runs[1]
    assert least_coherent(runs, within=0.0) is runs[0]
    assert least_coherent(runs, within=0.1) is runs[2]


@pytest.mark.parametrize(
    ("spectra", "p", "words"),
    [
        (np.ones((10, 4)), 5, "5 endmembers from 10 spectra of 4 bands"),
        (np.ones((10, 4)), 1, "1 endmembers"),
        (np.zeros((10, 4)), 2, "zero or not finite"),
        (np.full((10, 4), np.nan), 2, "zero or not finite"),
    ],
)
def test_bad_input_is_refused(spectra, p, words, rng):
    with pytest.raises(InputError, match=words):
        next(archetypes(spectra, p, restarts=1, rng=rng))


@pytest.mark.real
@pytest.mark.slow
def test_samson_is_unmixed_better_than_published(data_dir):
    folder = data_dir / "benchmarks" / "samson"
    spectra = np.concatenate([b.data.reshape(-1, 156) for b in read_cube(folder / "samson.hdr").blocks()])
    truth = read_cube(folder / "samson_abundance.hdr").data.reshape(-1, 3)
    endmembers = np.loadtxt(folder / "samson_endmembers.csv", delimiter=",", skiprows=1)[:, 1:].T
    run = least_coherent(list(archetypes(spectra, 3, restarts=12, rng=np.random.default_rng(0))))
    found = run.weights @ spectra
    order, angle = matched(found, endmembers)
    abundances = fractions(nnls(spectra, found / found.max(axis=1, keepdims=True)))[:, order]
    assert angle < 0.0311  # the best of the paper's table VII
    assert np.sqrt(np.mean((abundances - truth) ** 2)) < 0.0693
