"""A planted scene as a TRDR of CRISM's L detector: bands by detector row, wavelengths descending, fill 65535.

As in the archive, the label does not hold the wavelengths, the image is interleaved by line, and the table of
the detector rows follows it.
"""

import numpy as np

from hsicli import instruments
from hsicli.cube import CRISM_FILL
from hsicli.products.scenes import Scene


def trdr_rows(data: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    """Rows of a scene as the file holds them.

    Parameters
    ----------
    data : (rows, cols, bands) float32
    wavelengths : (bands,) float
        nm, ascending: every row of the detector that sees light.

    Returns
    -------
    (rows, detector rows, cols) float32, little end first
    """
    stored, _ = instruments.axis("crism-trdr-l")
    place = {float(wavelength): row for row, wavelength in enumerate(stored) if np.isfinite(wavelength)}
    out = np.full((data.shape[0], len(stored), data.shape[1]), CRISM_FILL, dtype="<f4")
    out[:, [place[float(wavelength)] for wavelength in wavelengths]] = data.transpose(0, 2, 1)
    return out


def detector_rows_table(cols: int) -> bytes:
    """What follows an image of so many columns: each band's detector row, filled up to whole records."""
    rows = [row.row for row in instruments.detector_rows() if row.sensor == "L"]
    return np.array(rows, dtype=">u2").tobytes().ljust(_table_records(cols) * 4 * cols, b"\0")


def _table_records(cols: int) -> int:
    return -(-2 * len(instruments.axis("crism-trdr-l")[0]) // (4 * cols))


def trdr_label(scene: Scene, image: str) -> str:
    """The PDS3 label of a scene.

    Parameters
    ----------
    scene : Scene
    image : str
        Name of the file that it describes, in the same folder.
    """
    rows, cols, _ = scene.shape
    bands = len(instruments.axis("crism-trdr-l")[0])
    statements: dict[str, object] = {
        "PDS_VERSION_ID": "PDS3",
        "PRODUCT_ID": f'"{image.rsplit(".", 1)[0].upper()}"',
        "INSTRUMENT_HOST_NAME": '"MARS RECONNAISSANCE ORBITER"',
        "INSTRUMENT_ID": "CRISM",
        "TARGET_NAME": "MARS",
        "PRODUCT_TYPE": "TARGETED_RDR",
        "NOTE": f'"{scene.description}: made, not measured"',
        "MRO:SENSOR_ID": scene.sensor,
        "MRO:ATMO_CORRECTION_FLAG": "OFF",
        "PIXEL_AVERAGING_WIDTH": 640 // cols,
    }
    file: dict[str, object] = {
        "^IMAGE": f'"{image}"',
        "^ROWNUM_TABLE": f'("{image}", {rows * bands + 1})',
        "RECORD_TYPE": "FIXED_LENGTH",
        "RECORD_BYTES": 4 * cols,
        "FILE_RECORDS": rows * bands + _table_records(cols),
    }
    numbers: dict[str, object] = {
        "LINES": rows,
        "LINE_SAMPLES": cols,
        "SAMPLE_TYPE": "PC_REAL",
        "SAMPLE_BITS": 32,
        "UNIT": "I_OVER_F",
        "BANDS": bands,
        "BAND_STORAGE_TYPE": "LINE_INTERLEAVED",
    }
    table: dict[str, object] = {"INTERCHANGE_FORMAT": "BINARY", "ROWS": bands, "COLUMNS": 1, "ROW_BYTES": 2}
    lines = [
        *_statements(statements),
        "OBJECT = FILE",
        *_statements(file, 2),
        "  OBJECT = IMAGE",
        *_statements(numbers, 4),
        "  END_OBJECT = IMAGE",
        "  OBJECT = ROWNUM_TABLE",
        *_statements(table, 4),
        "  END_OBJECT = ROWNUM_TABLE",
        "END_OBJECT = FILE",
        "END",
    ]
    return "\r\n".join(lines) + "\r\n"


def _statements(values: dict[str, object], indent: int = 0) -> list[str]:
    return [f"{' ' * indent}{key:24} = {value}" for key, value in values.items()]
