"""What learns weights."""
