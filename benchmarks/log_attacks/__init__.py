"""Ways to tamper with a sealed month, and where each has to be found.

The attacker may rewrite everything in the export and recompute every hash without a key, or has the
database's owner. They hold neither the sealer's private key, nor the audit root, nor what the
auditor keeps elsewhere.
"""
