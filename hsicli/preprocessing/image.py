"""Images, smoothed: the mean over a box of neighbours that leaves invalid pixels out."""

from collections.abc import Iterable, Iterator

import numpy as np

from hsicli.cube import Block


def box_mean(image: np.ndarray, valid: np.ndarray, size: int) -> np.ndarray:
    """Each valid pixel's mean over the valid pixels of a box around it, band by band.

    The box is cut at the edges of the image, so that no pixel is counted twice.

    Parameters
    ----------
    image : (rows, cols, bands) float32
        What stands in invalid pixels does not matter.
    valid : (rows, cols) bool
    size : int
        Width and height of the box, pixels, odd.

    Returns
    -------
    (rows, cols, bands) float32
        NaN where a pixel is not valid.

    Raises
    ------
    ValueError
        If `size` is even or not positive, or the shapes disagree.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"a box of {size} × {size} pixels: the size must be odd and positive")
    if image.shape[:2] != valid.shape:
        raise ValueError(f"an image of shape {image.shape} for valid pixels of shape {valid.shape}")
    total = np.where(valid[:, :, None], image, np.float32(0))
    count = valid.astype(np.float32)
    for axis in (1, 0):
        total, count = _running_sum(total, size // 2, axis), _running_sum(count, size // 2, axis)
    count[~valid] = np.nan
    return np.divide(total, count[:, :, None], out=total)


def box_means(blocks: Iterable[Block], size: int) -> Iterator[Block]:
    """The same block by block: the mean of the whole image, whatever the blocks.

    A row is handed on as soon as all rows that its box reaches have come.

    Parameters
    ----------
    blocks : iterable of Block
        Of one image, from the first row to the last.
    size : int
        As for `box_mean`.

    Yields
    ------
    Block
        As many rows as have become ready; never none.
    """
    reach = size // 2
    held: Block | None = None  # rows that are still wanted, as they came
    ready = 0  # first row that has not been handed on
    for block in blocks:
        held = block if held is None else _joined(held, block)
        end = block.rows.stop - reach
        if end > ready:
            yield _part(held, size, ready, end)
            ready = end
            held = _rows(held, max(held.rows.start, ready - reach), block.rows.stop)
    if held is not None and ready < held.rows.stop:
        yield _part(held, size, ready, held.rows.stop)


def _running_sum(values: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Sum over 2·reach + 1 neighbours along an axis, in the same order wherever a block begins."""
    length = values.shape[axis]
    out = np.zeros_like(values)
    moved, source = np.moveaxis(out, axis, 0), np.moveaxis(values, axis, 0)
    for shift in range(-reach, reach + 1):
        if abs(shift) < length:
            moved[max(0, -shift) : length - max(0, shift)] += source[max(0, shift) : length - max(0, -shift)]
    return out


def _part(held: Block, size: int, first: int, end: int) -> Block:
    mean = box_mean(held.data, held.valid, size)
    return _rows(Block(held.rows, mean, held.valid), first, end)


def _rows(block: Block, first: int, end: int) -> Block:
    inside = slice(first - block.rows.start, end - block.rows.start)
    return Block(slice(first, end), block.data[inside], block.valid[inside])


def _joined(first: Block, second: Block) -> Block:
    return Block(
        slice(first.rows.start, second.rows.stop),
        np.concatenate([first.data, second.data]),
        np.concatenate([first.valid, second.valid]),
    )
