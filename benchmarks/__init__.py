"""Measurements: ratios against a yardstick in the same run, never a test."""
