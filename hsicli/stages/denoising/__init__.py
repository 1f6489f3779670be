"""The parts of `preprocess --denoise`: settings, and chunks of spectra fitted by a sparse model."""
