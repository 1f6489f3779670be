"""Which format a file is in, told by its suffix, by what lies beside it, or by its first bytes."""

from pathlib import Path

from hsicli.errors import InputError

FORMATS = {
    ".h5": "product",
    ".hdf5": "product",
    ".he5": "product",
    ".tif": "GeoTIFF",
    ".tiff": "GeoTIFF",
    ".nc": "NetCDF",
    ".nc4": "NetCDF",
    ".mat": "MATLAB",
    ".lbl": "PDS3",
    ".hdr": "ENVI",
    ".sli": "library",
    ".csv": "library",
    ".tab": "library",
    ".txt": "library",
    ".asc": "library",
    ".xml": "GDAL",
    ".vrt": "GDAL",
}
"""What a suffix says; raw numbers with other suffixes are told by the file beside them."""

STARTS = {
    b"PDS_VERSION_ID": "PDS3",
    b"Object = IsisCube": "GDAL",
    b"CCSD3ZF": "GDAL",
    b"LBLSIZE=": "GDAL",
}
"""First bytes of a file that holds its own label (PDS3; ISIS 3 and 2 cubes; VICAR): its format."""


def format_of(path: Path) -> str:
    """Which format a file is in: product, library, GeoTIFF, NetCDF, MATLAB, PDS3, ENVI or (others) GDAL.

    Raises
    ------
    InputError
        If there is no such file, or nothing tells.
    """
    from hsicli.io.envi import header_beside
    from hsicli.io.odl import beside

    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: {what}", hint="check the spelling and the current folder")
    known = FORMATS.get(path.suffix.casefold())
    with path.open("rb") as file:
        start = file.read(64).lstrip()
    own = next((form for word, form in STARTS.items() if start.startswith(word)), None)
    if known == "PDS3" and own == "GDAL":  # the detached label of an ISIS cube
        return own
    if known is not None:
        return known
    if header_beside(path) is not None:
        return "ENVI"
    if beside(path.with_suffix(".lbl")) is not None:
        return "PDS3"
    if own is not None:
        return own
    if beside(path.with_suffix(".xml")) is not None:
        return "GDAL"
    raise InputError(
        f"{path}: is no format that is read, and there is no header or label beside it",
        hint="give an ENVI header or its image, a PDS3 or PDS4 label, an ISIS cube, .tif, .nc, .mat or .h5",
    )
