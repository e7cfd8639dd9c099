"""Some work in Python for each element, and memory: what more TaskManagers are for."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor

from benchmarks.agents import key_of
from benchmarks.jobs.flink import discard, environment, numbers, with_agent
from benchmarks.marks import Marks
from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent

_WORD = re.compile(r"[a-z']+")
_SENTENCES = (
    "The battery lasts longer than I had hoped for, and it charges in an hour.",
    "It broke after two weeks, and nobody answers my letters about it.",
    "My daughter uses it every day, and she wouldn't give it away for anything.",
    "For that price I had expected a case, a cable and a manual one can read.",
)
#: Product reviews of about 1 kB, as JSON.
REVIEWS = tuple(
    json.dumps({"id": n, "stars": n % 5 + 1, "review": " ".join(_SENTENCES[n % 4 :] * 5)[:1000]})
    for n in range(64)
)


def judge(review: str) -> float:
    """Parse, split into words, count, and compute something: some 100 µs."""
    parsed = json.loads(review)
    words = Counter(_WORD.findall(parsed["review"].lower()))
    weight = sum(len(word) * count for word, count in words.items())
    rare = sorted(words, key=lambda word: (words[word], word))[:5]
    return weight / len(words) + parsed["stars"] + len(rare)


class Judge(KeyedProcessFunction):
    """Judges a review and keeps count and mean for each key."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def open(self, runtime_context: RuntimeContext) -> None:
        self._kept = runtime_context.get_state(ValueStateDescriptor("kept", Types.STRING()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        self._marks()
        kept = self._kept.value()
        count, mean = json.loads(kept) if kept else (0, 0.0)
        mean += (judge(REVIEWS[value % len(REVIEWS)]) - mean) / (count + 1)
        self._kept.update(json.dumps([count + 1, mean]))
        yield mean


def judging_agent(marks: Marks) -> Agent:
    """Judges a review and keeps count and mean for each key."""

    def rate(event: InputEvent, ctx: Any) -> None:
        marks()
        memory = ctx.short_term_memory
        count, mean = memory.get("kept") or (0, 0.0)
        mean += (judge(REVIEWS[event.input % len(REVIEWS)]) - mean) / (count + 1)
        memory.set("kept", [count + 1, mean])
        ctx.send_event(OutputEvent(output=mean))

    return Agent().add_action("rate", [InputEvent], rate)


def agent(folder: str, records: int, parallelism: int, cluster: str | None = None) -> None:
    """The job with an agent, in thread mode.

    Args:
        folder: Where to write.
        records: How many.
        parallelism: Of the job.
        cluster: As for :func:`benchmarks.jobs.flink.environment`.
    """
    env = environment("thread", parallelism, cluster)
    agent = judging_agent(_marks(folder, records, parallelism))
    discard(with_agent(numbers(env, records), key_of, agent, Types.DOUBLE()))
    env.execute("work, agent")


def bare(folder: str, records: int, parallelism: int, cluster: str | None = None) -> None:
    """The job with a bare function; arguments as above."""
    env = environment("thread", parallelism, cluster)
    keyed = numbers(env, records).key_by(key_of, Types.STRING())
    discard(keyed.process(Judge(_marks(folder, records, parallelism)), Types.DOUBLE()))
    env.execute("work, bare")


def _marks(folder: str, records: int, parallelism: int) -> Marks:
    every = max(1, records // parallelism // 50)
    return Marks(f"{folder}/marks", every, apart=True)
