"""The jobs that are measured: with an agent, and the same without. Each runs in its own process."""
