"""The command ``flink-agents``: look after clusters, pack environments, plan sizes."""
