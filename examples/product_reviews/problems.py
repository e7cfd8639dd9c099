"""What the user of the program can put right: shown without a stack trace."""

from __future__ import annotations


class UserError(Exception):
    """A problem that the user can solve; its text says how."""
