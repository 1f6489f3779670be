import numpy as np
import pytest
import torch

from hsicli.models.expectation import Expectation
from hsicli.models.training import TrainingConfig
from hsicli.runtime import nowhere, quiet
from hsicli.stages.superresolution.fitting import Run, learnt
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
TRAINING = TrainingConfig(epochs=5, batch_size=16, patience=5)


def data(n: int, seed: int) -> torch.Tensor:
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(seed))
    return torch.cat([x, x.sin() @ torch.ones(3, 4)], dim=1)


def a_run(checkpoint=nowhere) -> Run:
    return Run(0, CPU, quiet, checkpoint, checkpoint.load() or {})


def fit_one(run: Run, label: str = "mean") -> Expectation:
    return learnt(
        lambda: Expectation(3, 4, (8,), 0.2), data(200, 0), data(50, 1), TRAINING, label=label, run=run
    )


def test_the_weights_are_those_of_the_lowest_held_out_loss():
    run = a_run()
    network = fit_one(run)
    history = run.history("mean")
    assert history.shape == (5, 3)
    with torch.no_grad():
        assert network.loss(data(50, 1)).item() == pytest.approx(history[:, 2].min(), rel=1e-5)
    assert not network.training


@pytest.mark.parametrize("stop", [2, 5, 8])
def test_two_fits_that_were_stopped_anywhere_go_on_bit_for_bit(stop):
    def both(checkpoint) -> tuple[list[torch.Tensor], np.ndarray]:
        run = a_run(checkpoint)
        networks = [fit_one(run, label) for label in ("first", "second")]
        return [value for network in networks for value in network.parameters()], run.history(
            "first", "second"
        )

    whole = both(nowhere)
    broken = Memory(stop_at=stop)
    with pytest.raises(Stop):
        both(broken)
    resumed = both(Memory(state=broken.state))
    assert all(torch.equal(a, b) for a, b in zip(whole[0], resumed[0], strict=True))
    assert (whole[1] == resumed[1]).all()
    assert whole[1][:, 0].tolist() == list(range(1, 11))


def test_another_label_starts_from_other_weights():
    run = a_run()
    one, other = fit_one(run, "first"), fit_one(run, "second")
    assert not torch.equal(one.line.weight, other.line.weight)
