"""The Flink host."""
