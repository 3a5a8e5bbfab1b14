"""The measurements themselves, in a small size."""
