"""Measurements of poolcompat beside the native pool: ``python -m benchmarks`` in a checkout."""
