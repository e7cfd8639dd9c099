"""A model of a few dozen words: lets the job run, and be tested, where there is no other."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from examples.product_reviews import prompts
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.tools.tool import Tool


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GOOD = _words(
    """amazing awesome beautiful best better easily easy enjoy excellent fantastic fast favorite
    fine good great happy impressed like love loved loves nice perfect perfectly pleased quality
    recommend recommended reliable satisfied solid superb well wonderful worth works"""
)
_BAD = _words(
    """annoying awful bad broke broken complain cheap crash crashes defective difficult disappointed
    disappointing fail failed fails fault flaw frustrating hard hate horrible issue junk lacks
    noisy poor poorly problem problems return returned slow terrible trouble unfortunately useless
    waste weak worse worst wrong"""
)
_NEGATION = _words("no not never hardly without dont doesnt didnt isnt wasnt cant wont")


def respond(messages: Sequence[ChatMessage], tools: list[Tool] | None) -> str:
    """Answer the judge or the advisor by counting words."""
    text = messages[-1].content
    if messages[0].content == prompts.ADVISE:
        return json.dumps({"suggestion": f"Look into this: {text[:120]}"})
    found = _found(text)
    score = max(-4, min(4, sum(2 * sign for _, sign in found)))
    words = " ".join(word for word, _ in found[:6])
    return json.dumps(
        {
            "sentiment": "positive" if score > 0 else "negative" if score < 0 else "neutral",
            "strength": max(1, abs(score)),
            "reason": f"says {words}"[:80] if words else "states a fact",
        }
    )


def _found(text: str) -> list[tuple[str, int]]:
    """The words that count, with the sign that they have there."""
    words = re.findall(r"[a-z]+", text.lower().replace("'", ""))
    found: list[tuple[str, int]] = []
    for place, word in enumerate(words):
        sign = (word in _GOOD) - (word in _BAD)
        if sign:
            denied = any(before in _NEGATION for before in words[max(0, place - 3) : place])
            found.append((word, -sign if denied else sign))
    return found
