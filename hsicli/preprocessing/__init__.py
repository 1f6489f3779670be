"""The same spectra, cleaner."""
