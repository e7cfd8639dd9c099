"""The job: sentences to the judge, low-rated reviews to the advisor, everything to the sink."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyflink.common import Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment

from examples.product_reviews.agents import ProductAdvisor, SentenceJudge
from examples.product_reviews.models import Model
from examples.product_reviews.schema import FOLDER_OF, Record, Rejected, ReviewSummary, Sentence
from examples.product_reviews.sinks import Sink
from examples.product_reviews.sources import Source
from flink_agents.api.core_options import (
    AgentConfigOptions,
    AgentExecutionOptions,
    ErrorHandlingStrategy,
)
from flink_agents.api.duration import Seconds
from flink_agents.api.execution_environment import AgentBuilder, AgentsExecutionEnvironment

_RECORD = Types.TUPLE([Types.STRING(), Types.STRING()])


@dataclass(frozen=True)
class JobOptions:
    """Settings of the job.

    Attributes:
        threshold: Reviews with a mean score below it are for the advisor, -4 to 4.
        max_in_flight: Calls of the model that a subtask has open at once, at least 1.
    """

    threshold: float
    max_in_flight: int


def build_job(
    env: StreamExecutionEnvironment, source: Source, sink: Sink, model: Model, options: JobOptions
) -> DataStream:
    """Put the job together.

    Returns:
        All results, as the sink gets them.
    """
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    config = agents.get_config()
    config.set(AgentExecutionOptions.MAX_IN_FLIGHT, options.max_in_flight)
    # A call that fails for good is answered with its error, which the agent then reports. Should an
    # action of the agents fail, that is found among the dead letters.
    config.set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, ErrorHandlingStrategy.DEAD_LETTER)
    config.set(AgentConfigOptions.MAX_RETRIES, 2)
    config.set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Seconds(0.5))

    items = source.read(env)
    judge = agents.from_datastream(items.filter(_is_sentence), _review).apply(SentenceJudge(model))
    judged = judge.to_datastream()
    low_rated = judged.filter(partial(_is_low_rated, options.threshold))
    advisor = agents.from_datastream(low_rated, _review).apply(ProductAdvisor(model))
    results = judged.union(advisor.to_datastream(), items.filter(_is_rejected))
    records = results.map(_as_record, _RECORD).union(
        _failures(judge, "sentence"), _failures(advisor, "suggestion")
    )
    sink.write(records)
    return records


def _failures(agent: AgentBuilder, what: str) -> DataStream:
    """What an agent itself failed with; that of its model calls it reports by itself."""
    return agent.to_dead_letters().flat_map(partial(_of_dead_letter, what), _RECORD)


def _of_dead_letter(what: Any, text: str) -> Iterator[tuple[str, str]]:
    letter = json.loads(text)
    if letter["event"] != "ChatRequestEvent":
        reason = f"{letter['action']}: {letter['error']}"
        yield _as_record(
            Rejected(what=what, reason=reason, review=letter["key"], text=letter["input"][:200])
        )


def _review(item: Sentence | ReviewSummary) -> str:
    return item.review


def _is_sentence(item: Sentence | Rejected) -> bool:
    return isinstance(item, Sentence)


def _is_rejected(item: Sentence | Rejected) -> bool:
    return isinstance(item, Rejected)


def _is_low_rated(threshold: float, result: Record) -> bool:
    return isinstance(result, ReviewSummary) and result.is_below(threshold)


def _as_record(result: Record) -> tuple[str, str]:
    return FOLDER_OF[type(result)], result.model_dump_json()
