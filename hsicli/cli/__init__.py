"""Flags, TOML, screen, and the frame: plan, run, commit."""
