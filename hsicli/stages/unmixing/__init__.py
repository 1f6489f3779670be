"""The parts of `unmix`: what finds endmembers, what finds abundances, and how they are named."""
