"""Doors: the joint review, for its two sides; the auditor reads along."""
