"""Connections to services. Found by name, through a resource descriptor."""
