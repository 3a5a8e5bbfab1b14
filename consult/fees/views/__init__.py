"""Doors of estimates and prices."""
