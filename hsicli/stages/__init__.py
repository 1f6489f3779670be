"""A few of the others put together for one command."""
