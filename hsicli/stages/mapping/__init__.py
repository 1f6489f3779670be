"""The parts of gan-map."""
