"""A program with one small stage in the real frame, for tests that kill it and look at what is left.

python toy.py CUBE OUT STEPS [--overwrite]
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import typer

from hsicli.cli.app import Commands
from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import Command, DryRun, Output, Overwrite, Seed
from hsicli.products.labels import Labels


@dataclass(frozen=True)
class ToyConfig:
    VERSION: ClassVar[int] = 1
    steps: int = 5
    pause: float = 0.0


def toy_stage(config: ToyConfig, *, seed: int, track, checkpoint) -> Labels:
    """A random walk whose end depends on every step of the generator."""
    rng = np.random.default_rng(seed)
    state = checkpoint.load() or {"step": 0, "total": 0.0, "rng": rng.bit_generator.state}
    rng.bit_generator.state = state["rng"]
    step, total = state["step"], state["total"]

    def walk():
        nonlocal step, total
        while step < config.steps:
            total += float(rng.normal())
            step += 1
            time.sleep(config.pause)
            sys.stderr.write(f"step {step}\n")
            sys.stderr.flush()
            yield step

    for _ in track(walk(), "toy", config.steps):
        checkpoint.offer(lambda: {"step": step, "total": total, "rng": rng.bit_generator.state})
    labels = np.ones((4, 5), dtype=np.int32)
    return Labels(
        labels=labels,
        names=("class 1",),
        colours=np.array([[200, 30, 40]], dtype=np.uint8),
        counts=np.array([20]),
        means=np.full((1, 3), total),
        deviations=np.zeros((1, 3)),
        wavelengths=np.array([1000.0, 1100.0, 1200.0]),
    )


app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)


@app.command(cls=Command)
def toy(
    cube: Path,
    output: Output,
    steps: int | None = None,
    pause: float | None = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Walk."""
    config = read_config(ToyConfig, steps=steps, pause=pause)
    job = plan(
        "toy",
        reads={"cube": cube},
        writes=output,
        config=config,
        product=Labels,
        seed=seed,
        overwrite=overwrite,
        dry_run=dry_run,
    )
    if job.done:
        return
    job.commit(toy_stage(config, seed=seed, track=track, checkpoint=job.checkpoint))


@app.callback()
def root() -> None:
    """A group of one."""


if __name__ == "__main__":
    app(prog_name="hsicli", args=sys.argv[1:])
