"""The clinic on one machine: own Postgres and Valkey, and a supervisor that keeps all parts up."""
