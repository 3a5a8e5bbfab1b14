"""Registry, reading rooms and wiring of the clinic."""
