"""The engine: a pure state machine per key. See :mod:`flink_agents.engine.step`."""
