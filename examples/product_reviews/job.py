"""The job: sentences to the judge, low-rated reviews to the advisor, everything to files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pyflink.common import Configuration, Types
from pyflink.common.serialization import Encoder
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    OutputFileConfig,
    RollingPolicy,
)

from examples.product_reviews.agents import ProductAdvisor, SentenceJudge
from examples.product_reviews.models import Model
from examples.product_reviews.schema import FOLDER_OF, Record, Rejected, ReviewSummary, Sentence
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
        output: Folder of the results.
        threshold: Reviews with a mean score below it are for the advisor, -4 to 4.
        parallelism: Subtasks of each operator, at least 1.
        max_in_flight: Calls of the model that a subtask has open at once, at least 1.
        checkpoint_interval: Seconds between checkpoints, above 0.
        scratch: Folder for checkpoints.
    """

    output: Path
    threshold: float
    parallelism: int
    max_in_flight: int
    checkpoint_interval: float
    scratch: Path


def flink_environment(options: JobOptions) -> StreamExecutionEnvironment:
    """A Flink environment for the job, on this machine unless Flink is told otherwise."""
    configuration = Configuration()
    for key, value in {
        "execution.checkpointing.dir": options.scratch.as_uri(),
        "rest.bind-port": "0",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "3",
        "restart-strategy.fixed-delay.delay": "1 s",
    }.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(options.parallelism)
    env.enable_checkpointing(int(options.checkpoint_interval * 1000))
    return env


def build_job(
    env: StreamExecutionEnvironment, source: Source, model: Model, options: JobOptions
) -> DataStream:
    """Put the job together.

    Returns:
        All results, as pairs of the folder they belong to and the JSON text.
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
    for folder in FOLDER_OF.values():
        lines = records.filter(partial(_is_in, folder)).map(_json_of, Types.STRING())
        lines.sink_to(_sink(options.output / folder)).name(folder)
    return records


def _sink(folder: Path) -> FileSink:
    """A sink whose files appear complete with each checkpoint."""
    return (
        FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
        .with_output_file_config(
            OutputFileConfig.builder().with_part_prefix("part").with_part_suffix(".jsonl").build()
        )
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
        .build()
    )


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


def _is_in(folder: str, record: tuple[str, str]) -> bool:
    return record[0] == folder


def _json_of(record: tuple[str, str]) -> str:
    return record[1]
