"""What the product is measured against: the same tables in plain text, and what others do.

An app of the benchmarks alone: no settings of the product name it.
"""
