"""Django's Postgres engine that tells the second sink before it commits (ADR 0024)."""
