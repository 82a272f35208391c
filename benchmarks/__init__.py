"""Measurements of poolcompat beside other pools: ``python -m benchmarks`` in a checkout."""
