"""Texts that must stay sealed, a journey that types them, and the sinks they could run into."""
