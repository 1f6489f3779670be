"""Bad input: one clear line, one hint, exit code 3, and nothing written."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.hdf5 import write_product
from hsicli.products.weights import Weights, packed
from hsicli.provenance import Provenance
from tests.io.test_map_layers import write_ddr, write_labels

ROWS, COLS, BANDS = 24, 20, 12
AXIS = np.linspace(1000.0, 2100.0, BANDS)
MADE = Provenance(command="preprocess", method="1.1", config={})


def good(rows: int = ROWS, cols: int = COLS, bands: int = BANDS) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (0.3 + 0.05 * rng.random((rows, cols, bands))).astype(np.float32)


def write_envi(
    path: Path, data: np.ndarray, *, unit: str = "Nanometers", axis=AXIS, **changes: object
) -> None:
    rows, cols, bands = data.shape
    keys = {
        "samples": cols,
        "lines": rows,
        "bands": bands,
        "header offset": 0,
        "data type": 4,
        "interleave": "bip",
        "byte order": 0,
    } | changes
    lines = ["ENVI", *(f"{key} = {value}" for key, value in keys.items() if value is not None)]
    if axis is not None:
        lines += [f"wavelength units = {unit}", f"wavelength = {{{', '.join(map(str, axis[:bands]))}}}"]
    path.write_text("\n".join(lines) + "\n")
    data.astype(np.float32).tofile(path.with_suffix(".img"))


def write_cube(path: Path, data: np.ndarray) -> None:
    write_product(path, Cube(data, wavelengths=AXIS[: data.shape[2]]), MADE)


TRDR = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 40
OBJECT = FILE
 ^IMAGE = "{image}"
 OBJECT = IMAGE
  LINES = {lines}
  LINE_SAMPLES = 10
  SAMPLE_TYPE = {type}
  SAMPLE_BITS = {bits}
  BANDS = {bands}
  BAND_STORAGE_TYPE = LINE_INTERLEAVED
 END_OBJECT = IMAGE
END_OBJECT = FILE
END
"""


def write_trdr(sensor: str = "S", value: float | None = None, **says: object) -> None:
    """An image of 6 lines of 10 samples, and a label that says so or otherwise."""
    bands = {"S": 107, "L": 438}[sensor]
    stem = f"frt0000abcd_07_if165{sensor.lower()}_trr3"
    data = good(6, 10, bands) if value is None else np.full((6, 10, bands), value, np.float32)
    data.transpose(0, 2, 1).astype("<f4").tofile(f"{stem}.img")
    told = {"image": f"{stem.upper()}.IMG", "lines": 6, "bands": bands, "type": "PC_REAL", "bits": 32} | says
    Path(f"{stem}.lbl").write_text(TRDR.format(**told))


def trdr() -> None:
    write_trdr()


def trdr_of_more_lines() -> None:
    write_trdr(lines=9)


def trdr_of_more_bands() -> None:
    write_trdr(bands=438)


def trdr_of_wider_numbers() -> None:
    write_trdr(bits=64)


def trdr_of_unknown_numbers() -> None:
    write_trdr(type="VAX_REAL")


def trdr_without_image() -> None:
    write_trdr()
    Path("frt0000abcd_07_if165s_trr3.img").unlink()


def trdr_of_fill() -> None:
    write_trdr(value=65535)


def trdr_of_few_bands() -> None:
    """No axis is known for so few, and none is given."""
    write_trdr(bands=50, lines=12)


def infrared_axis() -> None:
    """The table of the other detector."""
    write_trdr()
    rows = "".join(f'"L",{row},{1000 + 6.55 * row:.3f}\n' for row in range(438))
    Path("axis_l.tab").write_text(rows)


def wrong_geometry() -> None:
    """The infrared detector's, binned otherwise, beside an image of the visible one."""
    write_trdr()
    write_ddr(Path("frt0000abcd_07_de165s_ddr1.lbl"), *np.mgrid[0:6, 0:20].astype(float))


def library_within() -> None:
    plain()
    Path("near.csv").write_text("wavelength_nm,one\n1400,0.5\n1500,0.4\n1600,0.5\n")


def truncated() -> None:
    write_envi(Path("a.hdr"), good())
    image = Path("a.img")
    image.write_bytes(image.read_bytes()[:-100])


def mismatched() -> None:
    write_envi(Path("a.hdr"), good(), lines=ROWS + 5)


def without_numbers() -> None:
    write_envi(Path("a.hdr"), good())
    Path("a.img").unlink()


def text_named_hdr() -> None:
    Path("a.hdr").write_text("dear geologist, the cube is on the other disk\n")
    Path("a.img").write_bytes(b"x" * 100)


def wrong_units() -> None:
    write_envi(Path("a.hdr"), good(), axis=AXIS / 1000)


def nameless_axis() -> None:
    write_envi(Path("a.hdr"), good(), axis=None)


def library_elsewhere() -> None:
    plain()
    Path("far.csv").write_text("wavelength_nm,one\n3000,0.5\n3100,0.4\n3200,0.5\n")


def library_and_air(low: float = 900.0, high: float = 2200.0) -> None:
    """A cube whose detector columns are not known, a library that covers it, and an atmosphere."""
    plain()
    nm = np.linspace(900, 2200, 66)
    dip = np.exp(-0.5 * ((nm - 1500) / 60) ** 2)
    rows = [f"{at:g},{0.5 - 0.2 * depth:g}" for at, depth in zip(nm, dip, strict=True)]
    Path("lib.csv").write_text("\n".join(["wavelength_nm,one", *rows]) + "\n")
    air = [f"{at:g},{1 - 0.3 * depth:g}" for at, depth in zip(np.linspace(low, high, 66), dip, strict=True)]
    Path("air.csv").write_text("\n".join(["wavelength_nm,scan_transmission", *air]) + "\n")


def air_elsewhere() -> None:
    library_and_air(2600.0, 3900.0)


def air_without_gas() -> None:
    library_and_air()
    Path("air.csv").write_text("wavelength_nm,scan_transmission\n900,1\n1500,1\n2200,1\n")


def few_pixels() -> None:
    write_envi(Path("a.hdr"), good(rows=2, cols=3))


def plain() -> None:
    write_envi(Path("a.hdr"), good())


def all_fill() -> None:
    write_envi(Path("a.hdr"), np.full((ROWS, COLS, BANDS), 65535, dtype=np.float32))


def all_nan() -> None:
    write_envi(Path("a.hdr"), np.full((ROWS, COLS, BANDS), np.nan, dtype=np.float32))


def other_mask() -> None:
    write_envi(Path("a.hdr"), good())
    write_envi(Path("mask.hdr"), np.ones((ROWS + 1, COLS, 1)), axis=None)


def constant_band() -> None:
    data = good()
    data[..., 4] = 0.25
    write_cube(Path("a.h5"), data)


def one_pixel() -> None:
    write_cube(Path("a.h5"), good(1, 1))


def one_band() -> None:
    write_cube(Path("a.h5"), good(bands=1))


def three_bands() -> None:
    write_cube(Path("a.h5"), good(bands=3))


def fill_product() -> None:
    write_cube(Path("a.h5"), np.full((ROWS, COLS, BANDS), np.nan, dtype=np.float32))


def not_hdf5() -> None:
    Path("a.h5").write_bytes(b"\x89HDF\r\n\x1a\nbroken")


def incomplete() -> None:
    write_cube(Path("a.h5"), good())
    with h5py.File("a.h5", "a") as file:
        file.attrs["complete"] = 0


def other_kind() -> None:
    write_cube(Path("a.h5"), good())
    with h5py.File("a.h5", "a") as file:
        file.attrs["kind"] = "labels"


def other_schema() -> None:
    write_cube(Path("a.h5"), good())
    with h5py.File("a.h5", "a") as file:
        file.attrs["schema"] = 99


def foreign_hdf5() -> None:
    with h5py.File("a.h5", "w") as file:
        file["x"] = good()


def bare_table() -> None:
    plain()
    Path("l.csv").write_text("400,1,2\n500,1,2\n")


def other_geometry() -> None:
    plain()
    write_ddr(Path("ddr.lbl"), *np.mgrid[0:ROWS, 0 : COLS + 1].astype(float))


def void_geometry() -> None:
    plain()
    write_ddr(Path("ddr.lbl"), *np.full((2, ROWS, COLS), 65535.0))


def unplaced_map() -> None:
    write_labels(Path("m.h5"), np.eye(4, dtype=np.int32))


def mixed() -> np.ndarray:
    """(24, 20, 12): mixtures of two spectra."""
    share = np.random.default_rng(1).random((ROWS, COLS, 1))
    ends = np.stack([np.linspace(0.2, 0.6, BANDS), np.linspace(0.5, 0.3, BANDS)])
    return (share * ends[0] + (1 - share) * ends[1]).astype(np.float32)


def two_dimensions() -> None:
    write_envi(Path("a.hdr"), mixed())


def with_shares(sums: float = 1.0, rows: int = ROWS) -> None:
    plain()
    shares = np.full((rows, COLS, 2), sums / 2)
    write_envi(Path("shares.hdr"), shares, axis=None)


def shares_beyond_one() -> None:
    with_shares(1.3)


def shares_of_another_scene() -> None:
    with_shares(rows=ROWS + 1)


def two_sides(rows: int = ROWS, moved: float = 0.0) -> None:
    """A cube of few bands and one of more."""
    write_envi(Path("low.hdr"), good(bands=4))
    write_envi(Path("high.hdr"), good(rows=rows), axis=AXIS + moved)


def sides_of_other_size() -> None:
    two_sides(rows=ROWS + 3)


def sides_of_other_light() -> None:
    two_sides(moved=2000.0)


def sides_that_are_constant() -> None:
    two_sides()
    write_envi(Path("high.hdr"), np.full((ROWS, COLS, BANDS), 0.3))


def more_bands_than_pairs() -> None:
    write_envi(Path("a.hdr"), good(6, 6, 40), axis=np.linspace(1000, 2100, 40))


def learnt_for_other_channels() -> None:
    """Weights of superres, and a cube that has none of their channels."""
    plain()
    words = f"superres train a.hdr w.h5 --sensor {FOUR} --model ridge --threads 1"
    assert CliRunner().invoke(app, words.split()).exit_code == 0


def learnt_by_another_command() -> None:
    plain()
    names, numbers = packed({"a": np.ones(2)})
    write_product(Path("w.h5"), Weights("gan", "{}", AXIS, names, numbers), MADE)


def same_everywhere() -> None:
    write_cube(Path("a.h5"), np.full((ROWS, COLS, BANDS), 0.3, dtype=np.float32))


def flat_everywhere() -> None:
    data = np.full((ROWS, COLS, 40), 0.3, dtype=np.float32)
    write_product(Path("a.h5"), Cube(data, wavelengths=np.arange(1000.0, 1400.0, 10.0)), MADE)


def empty_list() -> None:
    Path("cubes.txt").write_text("# none yet\n")


def mineral_scene(library: str = "near", low: float = 1000.0) -> None:
    """A cube of 40 bands from 1000 nm, and spectra with an absorption on it or elsewhere."""
    rng = np.random.default_rng(0)
    axis = np.arange(1000.0, 1400.0, 10.0)
    data = (
        0.3 * (1 - 0.1 * np.exp(-(((axis - 1200) / 40) ** 2))) * (1 + 0.1 * rng.random((6, 5, 1)))
    ).astype("f4")
    write_product(Path("a.h5"), Cube(data, wavelengths=axis), MADE)
    rows = [
        f"{at:g},{0.3 - 0.1 * np.exp(-(((at - low - 200) / 40) ** 2)):g}"
        for at in np.arange(low, low + 400, 10)
    ]
    Path(f"{library}.csv").write_text("\n".join(["wavelength_nm,one", *rows]) + "\n")


def minerals_of_fill() -> None:
    mineral_scene()
    nothing_valid = np.full((6, 5, 40), np.nan, dtype=np.float32)
    write_product(Path("a.h5"), Cube(nothing_valid, wavelengths=np.arange(1000.0, 1400.0, 10.0)), MADE)


def minerals_elsewhere() -> None:
    mineral_scene(low=3000.0)


def weights_of_another_model() -> None:
    mineral_scene()
    weights = Weights("ridge", "{}", np.arange(1000.0, 1400.0, 10.0), (), np.zeros(0))
    write_product(Path("w.h5"), weights, MADE)


def nothing() -> None:
    pass


GAN_MAP = "gan-map a.h5 none near.csv out.h5"
PREPROCESS = "preprocess a.hdr out.h5"
UNMIX_KNOWN = "unmix a.hdr out.h5 --method known --library far.csv"
UNMIX_TOLD = "unmix a.hdr out.h5 --method supervised --truth shares.hdr"
GAN_TRAIN = "gan-train a.h5 w.h5 --set window=[1000,1390] --set spacing=10"
FOUR = "1150:200,1450:200,1650:200,1950:200"
EXEMPLAR = "exemplar a.hdr l.csv --name x --pixel 1,1"

TRDR_S = "preprocess frt0000abcd_07_if165s_trr3.lbl out.h5"

AIR = "--denoise atmosphere --library lib.csv --transmission air.csv --window 1000,2100"

CASES: list[tuple[Callable[[], None], str, str]] = [
    (truncated, PREPROCESS, "bytes"),
    (mismatched, PREPROCESS, "bytes"),
    (without_numbers, PREPROCESS, "a"),
    (text_named_hdr, PREPROCESS, "a.hdr"),
    (nothing, PREPROCESS, "no such file"),
    (wrong_units, PREPROCESS, "nm"),
    (nameless_axis, PREPROCESS + " --window 1100,2000", "wavelengths"),
    (plain, PREPROCESS + " --window 300,400", "covers 1000 to 2100 nm"),
    (all_fill, PREPROCESS, "a.hdr: no pixel has data"),
    (all_nan, PREPROCESS, "a.hdr: no pixel has data"),
    (other_mask, PREPROCESS + " --mask mask.hdr", "25"),
    (other_mask, PREPROCESS + " --bland mask.hdr", "25"),
    (plain, "preprocess a.hdr nowhere/out.h5", "does not exist"),
    (plain, PREPROCESS + " --denoise sparse --library gone.csv --window 1000,2100", "gone.csv"),
    (
        library_elsewhere,
        PREPROCESS + " --denoise sparse --library far.csv --window 1000,2100",
        "3000 to 3200",
    ),
    (library_elsewhere, PREPROCESS + " --denoise sparse --transmission far.csv", "ends with transmission"),
    (few_pixels, PREPROCESS + " --denoise mnf", "too few for the noise"),
    (library_and_air, PREPROCESS + " --denoise sparse --library lib.csv --window 2500,2600", "covers 1000"),
    (library_and_air, PREPROCESS + " " + AIR, "columns are not known"),
    (air_elsewhere, PREPROCESS + " " + AIR.replace("atmosphere", "sparse"), "2600 to 3900 nm"),
    (air_without_gas, PREPROCESS + " " + AIR.replace("atmosphere", "sparse"), "no absorption"),
    (trdr_of_more_lines, TRDR_S, "bytes"),
    (trdr_of_more_bands, TRDR_S, "bytes"),
    (trdr_of_wider_numbers, TRDR_S, "bytes"),
    (trdr_of_unknown_numbers, TRDR_S, "VAX_REAL"),
    (trdr_without_image, TRDR_S, "its image FRT0000ABCD_07_IF165S_TRR3.IMG is not in"),
    (trdr_of_fill, TRDR_S, "no pixel has data"),
    (trdr_of_few_bands, TRDR_S + " --window 500,900", "wavelengths"),
    (infrared_axis, TRDR_S + " --wavelengths axis_l.tab", "107"),
    (trdr, TRDR_S + " --window 1050,2550", "covers"),
    (trdr, "browse frt0000abcd_07_if165s_trr3.lbl maps --parameters BD2210_2", "covers 364.62 to 1055.99 nm"),
    (wrong_geometry, TRDR_S + " --project", "has 6 × 20 pixels"),
    (library_within, PREPROCESS + " --ratio near.csv", "covers 1400 to 1600 nm"),
    (plain, PREPROCESS + " --project", "no DDR of its observation lies beside it"),
    (plain, PREPROCESS + " --project --geometry gone.lbl", "gone.lbl: there is no such file"),
    (plain, PREPROCESS + " --project --geometry a.hdr", "names no planes of latitude"),
    (other_geometry, PREPROCESS + " --project --geometry ddr.lbl", "has 24 × 21 pixels"),
    (void_geometry, PREPROCESS + " --project --geometry ddr.lbl", "places no pixel"),
    *(
        (make, f"{command} a.h5 out.h5", word)
        for command in ("hysime", "cluster")
        for make, word in (
            (constant_band, "band 5"),
            (one_pixel, "spectr"),
            (one_band, "band"),
            (fill_product, "valid"),
            (not_hdf5, "a.h5"),
            (incomplete, "not written to its end"),
            (other_kind, "is a product of kind labels, not cube"),
            (other_schema, "has layout 99"),
            (foreign_hdf5, "not a product of hsicli"),
            (nothing, "no such file"),
        )
    ),
    (library_elsewhere, "gan-map a.hdr none far.csv out.h5", "are too few to tell minerals apart"),
    (minerals_elsewhere, GAN_MAP, "it has 3000 to 3390 nm"),
    (mineral_scene, GAN_MAP.replace("near", "gone"), "gone.csv: there is no such file"),
    (mineral_scene, GAN_MAP.replace("none", "a.h5"), "a.h5: is a product of kind cube, not weights"),
    (
        weights_of_another_model,
        GAN_MAP.replace("none", "w.h5") + " --method gan",
        "weights of ridge, not of a GAN",
    ),
    (mineral_scene, GAN_MAP + " --like 90,1", "outside of the image of 6 rows"),
    (mineral_scene, GAN_MAP + " --false-alarms 0.01", "3 neutral pixels are too few"),
    (minerals_of_fill, GAN_MAP, "a.h5: the cube has no valid spectra"),
    (other_schema, GAN_MAP, "near.csv"),
    (same_everywhere, "diffuse a.h5 out.h5", "all pixels have the same spectrum"),
    (one_pixel, "diffuse a.h5 out.h5", "all pixels have the same spectrum"),
    (fill_product, "diffuse a.h5 out.h5", "no pixel is valid"),
    (plain, "diffuse a.hdr out.h5 --superpixels 500", "480 valid pixels, too few for 500 superpixels"),
    (plain, "diffuse a.hdr out.h5 --superpixels 5 --classes 6", "5 superpixels cannot make 6 classes"),
    (plain, "diffuse a.hdr out.h5 --features codes", "there are no codes"),
    (other_kind, "diffuse a.h5 out.h5 --codes a.h5", "of kind labels, not cube"),
    (same_everywhere, "diffuse a.h5 out.h5 --codes a.h5", "is a product of kind cube, not labels"),
    (same_everywhere, "diffuse a.h5 out.h5 --features umae", "all pixels have the same spectrum"),
    (fill_product, "diffuse a.h5 out.h5 --features umae", "no pixel is valid"),
    (one_pixel, "diffuse a.h5 out.h5 --features umae", "all pixels have the same spectrum"),
    (three_bands, "diffuse a.h5 out.h5 --features umae", "3 good bands, too few for tokens"),
    *(
        (make, "diffuse a.h5 out.h5", word)
        for make, word in (
            (not_hdf5, "a.h5"),
            (incomplete, "not written to its end"),
            (other_kind, "of kind labels, not cube"),
            (nothing, "no such file"),
        )
    ),
    (nothing, "browse a.h5 maps", "no such file"),
    (truncated, "browse a.hdr maps", "bytes"),
    (nameless_axis, "browse a.hdr maps", "wavelengths"),
    (all_fill, "browse a.hdr maps --parameters R1506", "no pixel has data"),
    (one_band, "browse a.h5 maps", "no summary parameter"),
    (incomplete, "browse a.h5 maps", "not written to its end"),
    (plain, "browse a.hdr no/maps", "does not exist"),
    (plain, "browse a.hdr a.img", "is a file, not a folder"),
    (nothing, "unmix a.h5 out.h5", "no such file"),
    (truncated, "unmix a.hdr out.h5", "bytes"),
    (all_fill, "unmix a.hdr out.h5 --endmembers 3", "a.hdr: the cube has no valid spectra"),
    (plain, "unmix a.hdr out.h5 --endmembers 13", "13 endmembers are more than the 12 bands"),
    (two_dimensions, "unmix a.hdr out.h5 --endmembers 5 --method vca", "5"),
    (one_pixel, "unmix a.h5 out.h5 --endmembers 3", "3 endmembers from 1 spectra"),
    (library_elsewhere, UNMIX_KNOWN, "share 0 of the cube's 12 bands"),
    (plain, "unmix a.hdr out.h5 --method known", "takes its endmembers from a library"),
    (plain, "unmix a.hdr out.h5 --method supervised", "learns from abundances"),
    (library_elsewhere, UNMIX_KNOWN + " --members two", "no single spectrum named 'two'"),
    (shares_beyond_one, UNMIX_TOLD, "sum to 1.3"),
    (shares_of_another_scene, UNMIX_TOLD, "25×20 pixels"),
    (one_band, "unmix a.h5 b.h5 --weights a.h5", "is a product of kind cube, not abundances"),
    (nothing, "gan-train a.h5 w.h5", "no such file"),
    (empty_list, "gan-train cubes.txt w.h5", "cubes.txt: names no cube"),
    (truncated, "gan-train a.hdr w.h5", "bytes"),
    (plain, "gan-train a.hdr w.h5", "a.hdr: no bands near 1047–2602 nm"),
    (nameless_axis, "gan-train a.hdr w.h5", "a.hdr: the cube has no wavelengths"),
    (flat_everywhere, GAN_TRAIN, "all are flat"),
    (one_band, "gan-train a.h5 w.h5", "a.h5: no bands near"),
    (nothing, "superres train a.h5 b.h5 w.h5", "no such file"),
    (truncated, f"superres train a.hdr w.h5 --sensor {FOUR}", "bytes"),
    (plain, "superres train a.hdr w.h5 --sensor 450:20,550:20", "no band of the sensor lies within"),
    (plain, f"superres train a.hdr w.h5 --sensor {FOUR} --window 300,400", "no band within 300 to 400 nm"),
    (sides_of_other_size, "superres train low.hdr high.hdr w.h5", "24×20 pixels (rows×cols), the high"),
    (sides_of_other_light, "superres train low.hdr high.hdr w.h5", "no wavelength is in both cubes"),
    (sides_that_are_constant, "superres train low.hdr high.hdr w.h5", "every spectrum is constant"),
    (few_pixels, f"superres train a.hdr w.h5 --sensor {FOUR}", "are too few"),
    (more_bands_than_pairs, f"superres train a.hdr w.h5 --sensor {FOUR}", "a full covariance of 40 bands"),
    (all_fill, f"superres train a.hdr w.h5 --sensor {FOUR}", "no pixel is valid"),
    (learnt_for_other_channels, "superres apply a.hdr w.h5 e.h5", "no band of the cube at 1450"),
    (
        learnt_for_other_channels,
        f"superres apply a.hdr w.h5 e.h5 --sensor {FOUR} --covariance 24,1",
        "outside",
    ),
    (learnt_by_another_command, "superres apply a.hdr w.h5 e.h5", "not of hsicli superres train"),
    (one_band, "superres apply a.h5 a.h5 e.h5", "is a product of kind cube, not weights"),
    (nothing, "evaluate a.h5", "no such file"),
    (nothing, "evaluate a.h5 truht.tif", "truht.tif: is not there"),
    (not_hdf5, "evaluate a.h5", "a.h5"),
    (incomplete, "evaluate a.h5", "not written to its end"),
    (nothing, "mosaic a.h5 out.tif", "no such file"),
    (not_hdf5, "mosaic a.h5 out.tif", "a.h5"),
    (incomplete, "mosaic a.h5 out.tif", "not written to its end"),
    (foreign_hdf5, "mosaic a.h5 out.tif", "not a product of hsicli"),
    (one_band, "mosaic a.h5 out.tif", "holds a cube, which is no class map"),
    (plain, "mosaic a.hdr out.tif", "a.hdr"),
    (text_named_hdr, "mosaic a.hdr out.tif", "a.hdr"),
    (nothing, "export a.h5 out.img", "no such file"),
    (truncated, "export a.hdr out.img", "bytes"),
    (not_hdf5, "export a.h5 out.img", "a.h5"),
    (incomplete, "export a.h5 out.img", "not written to its end"),
    (other_schema, "export a.h5 out.img", "has layout 99"),
    (foreign_hdf5, "export a.h5 out.img", "not a product of hsicli"),
    (text_named_hdr, "export a.hdr out.tif", "a.hdr"),
    (bare_table, "export l.csv out.sli", "3 columns and no heading"),
    (plain, "export a.hdr no/out.img", "does not exist"),
    (plain, "export a.hdr out.img --project", "no DDR of its observation lies beside it"),
    (other_geometry, "export a.hdr out.img --project --geometry ddr.lbl", "has 24 × 21 pixels"),
    (unplaced_map, "export m.h5 out.geojson", "no georeferencing"),
    (nothing, "report a.h5 page.html", "no such file"),
    (truncated, "report a.hdr page.html", "bytes"),
    (not_hdf5, "report a.h5 page.html", "a.h5"),
    (incomplete, "report a.h5 page.html", "not written to its end"),
    (other_schema, "report a.h5 page.html", "has layout 99"),
    (all_fill, "report a.hdr page.html", "no valid pixel to show"),
    (plain, "report a.hdr no/page.html", "does not exist"),
    (nothing, "info a.h5", "no such file"),
    (text_named_hdr, "info a.hdr", "a.hdr"),
    (not_hdf5, "info a.h5", "a.h5"),
    (plain, "info a.hdr --match a.hdr --pixel 1,1", "not a spectral library"),
    (bare_table, "info l.csv --match a.hdr --pixel 1,1", "3 columns and no heading"),
    (truncated, EXEMPLAR, "bytes"),
    (nameless_axis, EXEMPLAR, "no wavelengths"),
    (all_fill, EXEMPLAR, "no pixel of the window around 1,1 holds data"),
    (bare_table, EXEMPLAR, "cannot be lengthened"),
    (plain, EXEMPLAR.replace("1,1", "90,1"), "outside of the image of 24 rows"),
    (plain, EXEMPLAR.replace("l.csv", "a.img"), "is not a text file"),
    (plain, EXEMPLAR.replace("l.csv", "no/l.csv"), "does not exist"),
]


@pytest.mark.parametrize(
    ("make", "command", "word"),
    CASES,
    ids=[f"{command.split()[0]}-{make.__name__}" for make, command, _ in CASES],
)
def test_bad_input_is_one_clear_line(tmp_path, monkeypatch, make, command, word):
    monkeypatch.chdir(tmp_path)
    make()
    before = set(os.listdir())

    result = CliRunner().invoke(app, command.split())

    assert result.exit_code == 3, result.output
    lines = [
        line for line in result.stderr.splitlines() if not line.startswith("hsicli: ") or ": error: " in line
    ]
    assert lines[0].startswith("hsicli: error: "), result.stderr
    assert word in lines[0]
    assert len(lines) == 2, result.stderr
    assert lines[1].startswith("hint: "), result.stderr
    assert set(os.listdir()) == before


def test_a_read_only_folder_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain()
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    result = CliRunner().invoke(app, PREPROCESS.split())
    assert result.exit_code == 3, result.output
    assert "cannot be written to" in result.stderr
