"""Python agents with Java chat models; the other direction is in ``java-bridge/examples``."""
