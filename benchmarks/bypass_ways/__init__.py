"""Ways to change sensitive rows beside the services, each in a function."""
