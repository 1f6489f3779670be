"""What stages hand on: a frozen dataclass a kind, and the raster a GIS can show of it.

Each field carries its axes and unit as metadata, so that one writer and one reader serve every kind
(`io/hdf5.py`). A field may be an array, a number, a text, a tuple of texts, a Grid, a Stream, or None.
The kind `cube` is `hsicli.cube.Cube` itself.
"""
