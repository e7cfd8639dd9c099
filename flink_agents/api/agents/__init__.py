"""Agents, and the types that describe their answers."""
