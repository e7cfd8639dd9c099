"""Chat models across languages: Java ones for Python agents, Python ones for Java agents."""
