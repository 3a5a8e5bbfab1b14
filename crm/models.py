"""Index for Django's app registry. Never import from here: import from the feature."""
