"""Hosts that run compiled agents: in this process, or as an operator of a Flink job."""
