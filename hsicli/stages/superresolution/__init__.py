"""The parts of `superres`: pairs of spectra, models of one given the other, and what they say of a cube."""
