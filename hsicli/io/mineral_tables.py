"""A table of the minerals of a map: their pixels, thresholds, and how far these can be trusted."""

import csv
from pathlib import Path

from hsicli.io.files import replacing
from hsicli.products.minerals import Minerals


def write_minerals(path: Path, product: Minerals, fingerprint: str) -> None:
    """A row a mineral, as CSV; the first line is a remark that names the product.

    With calibrated thresholds also the share of neutral spectra (false alarms) and of planted ones (found)
    that reach the published thresholds, and those that were chosen.

    Parameters
    ----------
    path : Path
        Appears whole or not at all.
    product : Minerals
    fingerprint : str
        Of the product.
    """
    columns = ["mineral", "exemplars", "identified", "guessed", "identified_from", "guessed_from"]
    tested = [] if product.tested is None else [f"{level:g}" for level in product.tested]
    for what in ("false_alarms", "found"):
        columns += [f"{what}_at_{level}" for level in tested]
        columns += [f"{what}_identified", f"{what}_guessed"] if tested else []
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# minerals by hsicli gan-map, method {product.method}; fingerprint {fingerprint}\n")
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(columns)
        for k, name in enumerate(product.names):
            lines.writerow([name, *_numbers(product, k)])


def _numbers(product: Minerals, k: int) -> list[str]:
    """What stands behind the name of a mineral."""
    of = product.exemplar_minerals
    identified, (guess, identification) = int(product.identified[k]), product.thresholds[k]
    row = [str(1 if of is None else int((of == k + 1).sum())), str(identified)]
    row += [str(int(product.counts[k]) - identified), f"{identification:.6g}", f"{guess:.6g}"]
    for shares, chosen in (
        (product.false_alarms, product.chosen_alarms),
        (product.detections, product.chosen_detections),
    ):
        if shares is not None and chosen is not None:
            row += [f"{share:.6g}" for share in (*shares[k], chosen[k, 1], chosen[k, 0])]
    return row
