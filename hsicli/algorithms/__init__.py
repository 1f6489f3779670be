"""Mathematics on plain arrays."""
