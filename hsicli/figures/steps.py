"""How a product came to be, in words: the chain of commands behind it, and a paragraph that can be cited."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hsicli.figures.page import Table
from hsicli.provenance import Provenance

SHORT = 12
"""Letters of a digest that are shown."""


def steps_of(provenances: Iterable[Provenance]) -> list[Provenance]:
    """Every step behind some products and they themselves, each once, parents before children."""
    found: dict[str, Provenance] = {}

    def visit(step: Provenance) -> None:
        for parent in step.parents.values():
            visit(Provenance.from_json(json.dumps(parent)))
        found.setdefault(step.fingerprint, step)

    for provenance in provenances:
        visit(provenance)
    return list(found.values())


def steps_table(steps: Iterable[Provenance], outputs: Mapping[str, str]) -> Table:
    """A row a step: what was set otherwise than by default, from what, and how it is told apart.

    Parameters
    ----------
    steps : iterable of Provenance
    outputs : mapping of str to str
        File name by fingerprint, where it is known.
    """
    steps = list(steps)
    names = {step.fingerprint: outputs.get(step.fingerprint, step.command) for step in steps}
    rows = tuple(
        (
            step.command,
            outputs.get(step.fingerprint, "–"),
            "; ".join(f"{role}: {names.get(digest, digest[:SHORT])}" for role, digest in step.inputs.items())
            or "–",
            "; ".join(
                f"{key} = {_shown(step.config[key])} ({source})" for key, source in step.sources.items()
            )
            or "defaults",
            "–" if step.seed is None else str(step.seed),
            step.device or "–",
            step.fingerprint[:SHORT],
        )
        for step in steps
    )
    columns = ("command", "output", "inputs", "settings", "seed", "device", "fingerprint")
    return Table(columns, rows, "Inputs without a file name are named by the digest of their content.")


def versions(steps: Iterable[Provenance]) -> str:
    """The libraries of all steps, with their versions."""
    libraries: dict[str, set[str]] = {}
    for step in steps:
        for name, version in step.libraries.items():
            libraries.setdefault(name, set()).add(version)
    return ", ".join(f"{name} {' and '.join(sorted(libraries[name]))}" for name in sorted(libraries))


def methods_paragraph(steps: Iterable[Provenance]) -> str:
    """What was done, in sentences for a paper's methods section."""
    steps = list(steps)
    said = dict.fromkeys(SENTENCES[step.command](step.config) for step in steps if step.command in SENTENCES)
    version = sorted({step.libraries["hsicli"] for step in steps if "hsicli" in step.libraries})
    end = f" All steps: hsicli {' and '.join(version)}." if version else ""
    return " ".join(said) + end


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _preprocess(config: Mapping[str, Any]) -> str:
    parts = []
    if config.get("window"):
        parts.append("cut to {:g}–{:g} nm".format(*config["window"]))
    if config.get("denoise", "none") != "none":
        parts.append(f"denoised ({config['denoise']})")
    if config.get("ratio", "none") != "none":
        parts.append(f"divided by bland spectra ({config['ratio']})")
    if config.get("continuum"):
        parts.append("freed from their convex hull over wavelength")
    parts.append(
        {"l2": "scaled to unit length", "minmax": "scaled from 0 to 1"}.get(config.get("normalize", ""), "")
    )
    said = [part for part in parts if part]
    return f"Spectra were {', '.join(said)}." if said else "Spectra were taken as they are."


def _hysime(_: Mapping[str, Any]) -> str:
    return "The signal subspace was found by HySime (Bioucas-Dias & Nascimento, IEEE TGRS 46, 2008)."


def _cluster(config: Mapping[str, Any]) -> str:
    codes = {
        "autoencoder-mixture": "codes of an autoencoder, grouped by a Gaussian mixture",
        "pca-mixture": "principal components, grouped by a Gaussian mixture",
        "pca-kmeans": "principal components, grouped by k-means",
    }[config["method"]]
    if config.get("merging.max_angle") is not None:
        joined = f"clusters whose means differ by less than {config['merging.max_angle']:g} rad were joined"
    elif config.get("merging.classes") is not None:
        joined = f"clusters were joined until {config['merging.classes']} were left"
    else:
        joined = "clusters without a valley of density between them were joined"
    return f"Pixels were classed without labels after GyPSUM: {codes}; {joined}."


def _unmix(config: Mapping[str, Any]) -> str:
    mixing = "single-scattering albedo" if config["mixing"] == "hapke" else "reflectance"
    return f"Abundances were found by the method {config['method']} of hsicli unmix, in {mixing}."


def _diffuse(config: Mapping[str, Any]) -> str:
    if config["output"] == "superpixels":
        return "The image was cut into entropy-rate superpixels (Liu et al., CVPR 2011)."
    time = "chosen without labels" if config.get("time") is None else f"{config['time']}"
    kind = config.get("features.kind", "components")
    method, compared = {
        "umae": ("DS2DL", "the codes of a masked autoencoder"),
        "codes": ("S2DL", "codes that were made before"),
    }.get(kind, ("S2DL", "principal components"))
    return (
        f"Pixels were classed without labels after {method}: entropy-rate superpixels, and a random walk "
        f"between their densest pixels by {compared}, its time {time}."
    )


def _gan_train(config: Mapping[str, Any]) -> str:
    low, high = config["window"]
    return (
        f"Features of continuum-removed spectra between {low:g} and {high:g} nm were learnt without labels "
        f"by a generative adversarial network after Saranathan and Parente (Icarus 355, 2021), in at most "
        f"{config['training.iterations']} steps of {config['training.batch_size']} spectra."
    )


def _gan_map(config: Mapping[str, Any]) -> str:
    compared = {
        "gan": "the features of a GAN's discriminator",
        "gan-depth": "the features of a GAN's discriminator less those of a flat spectrum",
        "gan-blend": "the features of a GAN's discriminator, band depths and derivatives",
    }.get(config.get("method") or "", config.get("method") or "band depths or, with weights, GAN features")
    boxes = ", ".join(str(size) for size in config.get("scales", (1, 3, 5)))
    share = config.get("calibration.false_alarms")
    guess, identification = (config.get(f"thresholds.{tier}", 0) for tier in ("guess", "identification"))
    fixed = f"a guess from {guess:g}, identified from {identification:g}"
    chosen = f"thresholds pass {share:g} of neutral spectra" if share else fixed
    return (
        f"Minerals were mapped after Saranathan and Parente (Icarus 355, 2021) by the cosine between "
        f"pixels and exemplars of {compared}, means of {boxes} pixels, {chosen}."
    )


def _superres_train(config: Mapping[str, Any]) -> str:
    return (
        "What spectra of high resolution belong to those of low resolution was learnt from pairs "
        f"(model {config['model.method']}, covariance {config['model.covariance']}), after Candela et al., "
        "IAAI 2020."
    )


def _superres_apply(_: Mapping[str, Any]) -> str:
    return "Spectra of high resolution were inferred as the mean of their density, given those seen."


def _evaluate(_: Mapping[str, Any]) -> str:
    return "Scores are given beside those of k-means on pixel coordinates, which sees no spectrum."


SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "preprocess": _preprocess,
    "hysime": _hysime,
    "cluster": _cluster,
    "unmix": _unmix,
    "diffuse": _diffuse,
    "gan-train": _gan_train,
    "gan-map": _gan_map,
    "superres train": _superres_train,
    "superres apply": _superres_apply,
    "evaluate": _evaluate,
}
"""What each command is said to have done, from its settings."""
