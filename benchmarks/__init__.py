"""What the README quotes, reproducible with one command: ``python -m benchmarks``."""
