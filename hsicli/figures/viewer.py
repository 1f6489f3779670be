"""The part of a page that answers: a scene under its class maps, and a spectrum where one points.

What the script needs is packed into one JSON text: numbers in two bytes, compressed, in base64.
"""

import base64
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.image
import numpy as np

from hsicli.products.labels import Labels
from hsicli.products.overview import Match, Overview

EMPTY = 65535
"""Stands for fill among packed numbers."""


@dataclass(frozen=True, eq=False)
class Viewer:
    """A scene that can be explored.

    Attributes
    ----------
    scene : Overview
    maps : mapping of str to Labels
        By the name that the page shows.
    matches : mapping of str to sequence of sequence of Match
        For each class of a map, the nearest first.
    unit : str
        Of the grid's coordinates.
    """

    scene: Overview
    maps: Mapping[str, Labels]
    matches: Mapping[str, Sequence[Sequence[Match]]]
    unit: str = ""

    def to_json(self) -> str:
        """What the script reads; the same viewer gives the same text."""
        scene = self.scene
        rows, cols = scene.picture.shape[:2]
        grid = scene.grid
        facts = {
            "rows": rows,
            "cols": cols,
            "step": scene.step,
            "picture": _picture(scene),
            "colours": scene.colours,
            "transform": grid.transform if grid else None,
            "unit": self.unit,
            "inNm": scene.in_nm,
            "spectra": {
                "step": scene.spectra_step,
                "rows": scene.spectra.shape[0],
                "cols": scene.spectra.shape[1],
                "axis": _numbers(scene.axis),
                **_quantised(scene.spectra),
            },
            "maps": [self._map(name, product) for name, product in self.maps.items()],
        }
        return json.dumps(facts, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")

    def _map(self, name: str, product: Labels) -> dict[str, Any]:
        step = self.scene.step
        total = max(1, int(product.counts.sum()))
        labels = product.labels[::step, ::step].astype("<u2")
        matches = self.matches.get(name, ())
        return {
            "name": name,
            "labels": _packed(labels),
            "axis": _numbers(product.wavelengths if product.wavelengths is not None else []),
            "classes": [
                {
                    "name": product.names[k],
                    "colour": "#{:02x}{:02x}{:02x}".format(*(int(part) for part in product.colours[k])),
                    "pixels": int(product.counts[k]),
                    "share": int(product.counts[k]) / total,
                    "mean": _numbers(product.means[k]),
                    "matches": [
                        {"name": match.name, "angle": round(float(np.degrees(match.angle)), 2),
                         "spectrum": _numbers(match.spectrum)}
                        for match in (matches[k] if matches else ())
                    ],
                }
                for k in range(len(product.names))
            ],
        }  # fmt: skip


def _picture(scene: Overview) -> str:
    """The scene as a PNG in a data URL, clear where there is no data."""
    alpha = np.where(scene.shown, 255, 0).astype(np.uint8)
    png = io.BytesIO()
    image = np.concatenate([scene.picture, alpha[..., None]], axis=2)
    matplotlib.image.imsave(png, image, format="png", metadata={"Software": "hsicli"})
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def _quantised(spectra: np.ndarray) -> dict[str, Any]:
    """Numbers in two bytes, band by band from the least to the largest; bands last."""
    bands = spectra.shape[2]
    known = np.isfinite(spectra)
    low = np.where(known, spectra, np.inf).reshape(-1, bands).min(axis=0)
    high = np.where(known, spectra, -np.inf).reshape(-1, bands).max(axis=0)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    scale = np.maximum(high - low, 1e-30) / (EMPTY - 1)
    with np.errstate(invalid="ignore"):
        steps = np.where(known, np.round((spectra - low) / scale), EMPTY)
    return {
        "low": [float(value) for value in low],
        "scale": [float(value) for value in scale],
        "data": _packed(steps.astype("<u2")),
    }


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(gzip.compress(np.ascontiguousarray(values).tobytes(), 6, mtime=0)).decode()


def _numbers(values: Any) -> list[float | None]:
    """Six digits; None for what is no number."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in np.asarray(values, float)]
