"""Measurements in a small size, and the harness that runs them in full."""
