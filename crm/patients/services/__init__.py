"""What is done to the registry; one module an errand."""
