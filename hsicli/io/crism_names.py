"""The names of CRISM products: what each part says, and which files belong to one observation.

``CCCNNNNNNNN_XX_AAMMMS_TTTV``, as in ``FRT0000932C_07_IF164J_MTR3``, in any case of letters.
"""

import re
from pathlib import Path
from typing import NamedTuple

CLASSES = {
    "FRT": "full resolution targeted",
    "HRL": "half resolution long",
    "HRS": "half resolution short",
    "FRS": "full resolution short",
    "ATO": "along-track oversampled",
    "ATU": "along-track undersampled",
    "EPF": "emission phase function",
    "MSP": "multispectral survey",
    "MSW": "multispectral window",
    "HSP": "hyperspectral survey",
    "HSV": "hyperspectral survey, visible only",
    "FFC": "flat-field calibration",
    "CAL": "calibration",
    "ICL": "internal calibration",
    "TOD": "tracking optical depth",
    "LMB": "limb scan",
    "STO": "stereo",
    "UNK": "unclassified",
}
"""Observation class: in words."""

ACTIVITIES = {
    "IF": "I/F",
    "RA": "radiance",
    "DE": "derived geometry",
    "IN": "geometry and origin of each pixel",
    "SU": "summary parameters",
    "SR": "refined summary parameters",
    "WV": "wavelength table",
    "BR": "browse image",
    "SC": "scene counts",
    "DF": "dark field",
    "BI": "bias",
    "LP": "lamp",
    "SP": "sphere",
    "HK": "housekeeping",
    "UN": "unclassified counts",
}
"""Activity: in words."""

KINDS = {
    "EDR": "raw counts (EDR)",
    "TRR": "targeted data in sensor space (TRDR)",
    "RTR": "targeted data, resampled (RTRDR)",
    "DDR": "derived data (DDR)",
    "LDR": "derived data (LDR)",
    "TER": "corrected, joined targeted data in sensor space (TER)",
    "MTR": "corrected, joined targeted data on a map (MTRDR)",
}
"""Product type: in words."""

SENSORS = {"S": "visible and near infrared", "L": "infrared", "J": "both detectors joined"}
"""Sensor: in words."""

_NAME = re.compile(
    r"(?P<observation_class>[A-Z]{3})(?P<observation>[0-9A-F]{8})_(?P<counter>[0-9A-F]{2})_"
    r"(?P<activity>[A-Z]{2})(?P<macro>\d{3}|(?<=BR)[A-Z0-9]{3})(?P<sensor>[SLJ]?)_"
    r"(?P<kind>EDR|TRR|RTR|DDR|LDR|TER|MTR)(?P<version>[0-9A-Z])(?P<tail>.*)",
    re.IGNORECASE,
)
_TILE = re.compile(
    r"T(?P<tile>\d{4})_MRR(?P<content>[A-Z]{2})_(?P<lat>\d{2})(?P<pole>[NS])(?P<lon>\d{3})"
    r"_(?P<resolution>\d{4})_(?P<version>[0-9A-Z])(?P<tail>.*)",
    re.IGNORECASE,
)
_CALIBRATION = re.compile(
    r"CDR(?P<level>\d)_?(?P<partition>\d)_?(?P<clock>\d{10})_(?P<content>[A-Z]{2})_?(?P<setting>\d*)_?"
    r"(?P<sensor>[SLJ])_(?P<version>[0-9A-Z])(?P<tail>.*)",
    re.IGNORECASE,
)
_TILE_CONTENTS = {
    "IF": "I/F",
    "RA": "radiance",
    "AL": "Lambert albedo",
    "DE": "derived geometry",
    "SU": "summary parameters",
    "WV": "wavelength table",
}


class ProductName(NamedTuple):
    """The parts of a product's name, in capitals."""

    observation_class: str
    """Three letters, a key of `CLASSES`."""
    observation: str
    """Eight hexadecimal digits."""
    counter: str
    """Two hexadecimal digits: which part of the observation; 07 is the central scan of a targeted one."""
    activity: str
    """Two letters, a key of `ACTIVITIES`."""
    macro: str
    """Three digits; the code of the browse product where the activity is BR."""
    sensor: str
    """A key of `SENSORS`; empty in some old names."""
    kind: str
    """Three letters, a key of `KINDS`."""
    version: str
    """One digit or letter."""
    tail: str
    """What follows the name of the archive, as ``_CAT`` or ``_CROPPED``; empty for a file as archived."""

    @property
    def short(self) -> str:
        """As papers write it, without leading zeros: ``FRT932C``."""
        return self.observation_class + self.observation.lstrip("0")


def parse_name(name: str | Path) -> ProductName | None:
    """The parts of a product's name; None if it is no such name.

    Parameters
    ----------
    name : str or Path
        A file (its folder and suffix do not count) or a product id, in any case.
    """
    match = _NAME.fullmatch(_stem(name))
    return (
        None
        if match is None
        else ProductName(**{key: part.upper() for key, part in match.groupdict().items()})
    )


def describe_name(name: str | Path) -> dict[str, str]:
    """What a CRISM file's name says, in words by key; empty if it is no name of CRISM's.

    Products of observations, map tiles (``T0897_MRRAL_05S113_0256_1``) and calibration records
    (``CDR410803692813_WA0000000L_3``) are known.
    """
    product = parse_name(name)
    if product is not None:
        return _product_words(product)
    stem = _stem(name)
    if (tile := _TILE.fullmatch(stem)) is not None:
        content = tile["content"].upper()
        return {
            "product": f"multispectral map tile (MRDR) {tile['tile']}, version {tile['version']}",
            "content": _TILE_CONTENTS.get(content, content),
            "centre": f"about {int(tile['lat'])}° {tile['pole'].upper()}, {int(tile['lon'])}° E, "
            f"{int(tile['resolution'])} pixels a degree",
        } | _altered(tile["tail"])
    if (record := _CALIBRATION.fullmatch(stem)) is not None:
        content = {"WA": "wavelengths of every detector element", "SW": "wavelengths of the sweet spot"}
        return {
            "product": f"calibration record (CDR{record['level']}), version {record['version']}",
            "content": content.get(record["content"].upper(), record["content"].upper()),
            "sensor": _sensor_words(record["sensor"].upper()),
        } | _altered(record["tail"])
    return {}


def related(path: Path, *, activity: str, kind: str, sensor: str = "") -> Path | None:
    """The file beside `path` that holds another product of the same observation and counter.

    Parameters
    ----------
    path : Path
        A CRISM file.
    activity, kind : str
        As in names: ``DE`` and ``DDR`` for the derived geometry.
    sensor : str
        Letters of the sensors that will do, the best first; any unless given.

    Returns
    -------
    Path or None
        Its label, else its header, else its image; of several versions the last. None where there is none.
    """
    own = parse_name(path)
    if own is None or not path.parent.is_dir():
        return None
    order = (".lbl", ".hdr", ".img")
    found = []
    for entry in path.parent.iterdir():
        other = parse_name(entry.name)
        if other is None or entry.suffix.lower() not in order:
            continue
        if (other[:3], other.activity, other.kind) != (own[:3], activity, kind):
            continue
        if sensor and other.sensor not in sensor:
            continue
        rank = sensor.find(other.sensor), -ord(other.version), other.tail, order.index(entry.suffix.lower())
        found.append((*rank, entry.name, entry))
    return min(found)[-1] if found else None


def geometry_beside(path: Path) -> Path | None:
    """The derived geometry (DDR) that belongs to an image in sensor space, if it lies beside it.

    Joined images (TER) lie in the frame of the infrared detector, so theirs is the geometry of L.
    """
    own = parse_name(path)
    if own is None or own.kind not in {"EDR", "TRR", "TER"}:
        return None
    return related(path, activity="DE", kind="DDR", sensor="S" if own.sensor == "S" else "L")


def belongings(path: Path) -> tuple[Path, ...]:
    """The files beside an image, of other names, that its reader takes something from.

    Detector columns of a map come from the IN product, places of an image in sensor space from its DDR,
    wavelengths from tables and calibration images; so what is made of the image depends on them too.
    """
    own = parse_name(path)
    if own is None or own.activity not in {"IF", "RA"} or not path.parent.is_dir():
        return ()
    geometry = geometry_beside(path)
    found = [] if geometry is None else [geometry]
    for entry in sorted(path.parent.iterdir()):
        other, record = parse_name(entry), _CALIBRATION.fullmatch(_stem(entry))
        if other is not None:
            tables = other.activity == "WV" or (other.activity == "IN" and own.kind == "MTR")
            belongs = tables and (other[:3], other.kind) == (own[:3], own.kind)
        else:
            known = record is not None and own.kind == "TRR" and record["content"].upper() in {"WA", "SW"}
            belongs = known and record is not None and record["sensor"].upper() == own.sensor
        if belongs and entry.suffix.lower() in {".img", ".hdr", ".lbl", ".tab"}:
            found.append(entry)
    return tuple(found)


def _stem(name: str | Path) -> str:
    """The name without folder and suffix; a suffix has a letter first, so 0.5 is none."""
    return re.sub(r"\.[A-Za-z]\w*$", "", Path(name).name)


def _product_words(product: ProductName) -> dict[str, str]:
    known = CLASSES.get(product.observation_class, product.observation_class)
    central = " (central scan)" if product.counter == "07" and product.observation_class != "CAL" else ""
    content = ACTIVITIES.get(product.activity, product.activity)
    words = {
        "product": f"{KINDS[product.kind]}, version {product.version}",
        "observation": f"{product.short}, {known}, part {product.counter}{central}",
        "content": f"{content} {product.macro}" if product.activity == "BR" else content,
        "sensor": _sensor_words(product.sensor),
    }
    if product.activity != "BR":
        words["macro"] = product.macro
    return {key: text for key, text in words.items() if text} | _altered(product.tail)


def _sensor_words(sensor: str) -> str:
    return f"{sensor}, {SENSORS[sensor]}" if sensor else ""


def _altered(tail: str) -> dict[str, str]:
    """A name with something after it is of a file that somebody made from the archive's."""
    return {"altered": f"the name ends in {tail.lower()}: not as archived"} if tail else {}
