"""Events: the built-in ones and their base class."""
