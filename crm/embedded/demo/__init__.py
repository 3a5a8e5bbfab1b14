"""The demo clinic: invented staff, patients and talks, so that every page has something to show."""
