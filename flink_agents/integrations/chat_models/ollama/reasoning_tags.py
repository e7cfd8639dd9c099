"""Reasoning in tags such as ``<think>``, told apart from the answer while both are written."""

from __future__ import annotations

import re

_OPENING = re.compile(r"<(think|thinking|analysis|reasoning)>", re.IGNORECASE)
_OPENINGS = ("<think>", "<thinking>", "<analysis>", "<reasoning>")


class ReasoningTags:
    """Splits a text that arrives in pieces. The tags themselves are left out."""

    def __init__(self) -> None:
        self._held = ""
        self._closing: str | None = None

    def add(self, text: str) -> tuple[str, str]:
        """Take a piece.

        Returns:
            What it adds to the answer and to the reasoning. An end that may be the beginning of
            a tag is held back.
        """
        if not self._held and self._closing is None and "<" not in text:
            return text, ""
        texts = {False: "", True: ""}
        rest = self._held + text
        while True:
            inside = self._closing is not None
            start, end = self._next_tag(rest)
            if start < 0:
                held = _beginning_of((self._closing,) if self._closing else _OPENINGS, rest)
                texts[inside] += rest[: len(rest) - held]
                self._held = rest[len(rest) - held :]
                return texts[False], texts[True]
            texts[inside] += rest[:start]
            tag = rest[start:end].lower()
            self._closing = None if inside else tag.replace("<", "</")
            rest = rest[end:]

    def end(self) -> tuple[str, str]:
        """What was held back when the text ends, as of :meth:`add`."""
        held, self._held = self._held, ""
        return (held, "") if self._closing is None else ("", held)

    def _next_tag(self, text: str) -> tuple[int, int]:
        if self._closing is None:
            found = _OPENING.search(text)
            return found.span() if found else (-1, -1)
        start = text.lower().find(self._closing)
        return start, start + len(self._closing)


def _beginning_of(tags: tuple[str, ...], text: str) -> int:
    """How many of the last characters may become one of the tags."""
    start = text.rfind("<")
    tail = text[start:].lower()
    return len(tail) if start >= 0 and any(tag.startswith(tail) for tag in tags) else 0


__all__ = ["ReasoningTags"]
