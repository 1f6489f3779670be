"""Products drawn."""
