"""unmix --generate: the spectra that abundances make, by a decoder that has learnt it."""

from collections.abc import Iterator

import numpy as np
import torch

from hsicli.algorithms.leastsquares import converted
from hsicli.cube import Cube, Stream
from hsicli.errors import InputError
from hsicli.products.abundances import Abundances
from hsicli.stages.unmixing.latent import unpacked


def generate_spectra(product: Abundances, abundances: Cube, *, device: torch.device) -> Cube:
    """A cube of the mean spectra of given abundances.

    By the network of the product, or, where it has none, as linear mixtures of its endmembers.

    Parameters
    ----------
    product : Abundances
        Its convention is what the abundances are in.
    abundances : Cube
        A band an endmember, in the order of the product; NaN for fill.
    device : torch.device

    Raises
    ------
    InputError
        If there are not as many bands as endmembers, or the mixtures are not linear and no network knows how.
    """
    p = len(product.names)
    if len(abundances.order) != p:
        raise InputError(
            f"the abundances have {len(abundances.order)} bands, the product {p} endmembers",
            hint="give a band an endmember, in the order of the product",
        )
    if product.mixing == "hapke":
        raise InputError(
            "the product mixes single-scattering albedo, which --generate does not",
            hint="unmix with mixing = linear",
        )
    network = unpacked(product, device) if product.model else None
    scales = 1 / product.endmembers.max(axis=1) if product.convention == "max" else np.ones(p)

    def made() -> Iterator[tuple[slice, np.ndarray]]:
        for block in abundances.blocks():
            spectra = np.full((*block.valid.shape, product.endmembers.shape[1]), np.nan, dtype=np.float32)
            shares = converted(block.data[block.valid].astype(np.float64), scales)
            spectra[block.valid] = shares @ product.endmembers if network is None else network.decoded(shares)
            yield block.rows, spectra

    rows, cols, _ = abundances.shape
    return Cube(
        Stream((rows, cols, product.endmembers.shape[1]), made),
        wavelengths=product.wavelengths,
        grid=abundances.grid,
    )
