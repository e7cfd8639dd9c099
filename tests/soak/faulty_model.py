"""A model that makes faults: answers come late, broken, as errors or not at all."""

from __future__ import annotations

import json
import random
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.chaos.ledger import MADE, Ledger
from tests.providers import openai_protocol
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    Late,
    RecordedRequest,
    Reset,
    Step,
    Streamed,
)
from tests.servers.model_server import answer_to
from tests.soak.settings import ASKING, STREAMING

#: Share of requests that meet with a fault.
FAULTY = 0.15
#: Of the orders of an agent whose failures become dead letters, one in so many is refused for good.
_REFUSED = 25


def is_refused(call: str) -> bool:
    """Whether the model refuses an order, however often it is asked."""
    return call.startswith(f"{STREAMING}/") and zlib.crc32(call.encode()) % _REFUSED == 0


def wants_tool(call: str) -> bool:
    """Whether the model asks for a tool before it answers."""
    return call.startswith(f"{ASKING}/") and zlib.crc32(call.encode()) % 2 == 0


class FaultyModel:
    """Answers a question by its digest, after the call of a tool for some, or makes a fault.

    Args:
        ledgers: Where the calls of each agent are written down.
        seed: Of its choice of faults.
    """

    def __init__(self, ledgers: Mapping[str, Ledger], seed: int) -> None:
        self.made: Counter[str] = Counter()
        self._ledgers = ledgers
        self._chance = random.Random(seed)

    def __call__(self, request: RecordedRequest) -> Step:
        """What becomes of a request that is a good one."""
        messages = request.body["messages"]
        question = next(m["content"] for m in messages if m["role"] == "user")
        call = json.loads(question)["call"]
        asks_for_tool = wants_tool(call) and messages[-1]["role"] == "user"
        name = f"{call}#tool" if asks_for_tool else call
        self._ledgers[call.split("/")[0]].note(MADE, name)
        if is_refused(call):
            self.made["refused for good"] += 1
            return openai_protocol.error(400, "This question is refused.")
        if asks_for_tool:
            arguments = json.dumps({"call": call})
            return self._perhaps_faulty(openai_protocol.tool_calls(("call-1", "weigh", arguments)))
        text = answer_to(question)
        if messages[-1]["role"] == "tool" and messages[-1]["content"] != answer_to(call):
            text = "the tool has not said what it says"
        if request.body.get("stream"):
            pieces = [{"content": text[begin : begin + 4]} for begin in range(0, len(text), 4)]
            return self._perhaps_faulty(openai_protocol.streamed(*pieces))
        return self._perhaps_faulty(openai_protocol.text(text))

    def _perhaps_faulty(self, whole: Answer | Streamed) -> Step:
        if self._chance.random() >= FAULTY:
            return Late(whole, self._chance.uniform(0.01, 0.1))
        half = (
            HalfAnswer(whole)
            if isinstance(whole, Answer)
            else replace(whole, pieces=list(whole.pieces[:3]), broken=True)
        )
        faults: Mapping[str, Any] = {
            "429": openai_protocol.overloaded(429),
            "500": openai_protocol.overloaded(500),
            "connection reset": Reset(),
            "half an answer": half,
            "garbage": Answer(b'{"choices": [{'),
            # Some of them beyond the time that the client gives it.
            "late": Late(whole, self._chance.uniform(0.5, 3.0)),
        }
        fault = self._chance.choice(sorted(faults))
        self.made[fault] += 1
        return faults[fault]


__all__ = ["FAULTY", "FaultyModel", "is_refused", "wants_tool"]
