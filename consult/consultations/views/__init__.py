"""Doors of the pages: drafts, the talk inside a draft, records and lists."""
