"""Formats: files to nouns and back."""
