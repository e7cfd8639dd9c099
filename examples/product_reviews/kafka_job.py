"""The job for a cluster: from a topic of Kafka to a topic, exactly once.

    flink run -d -pym examples.product_reviews.kafka_job -pyfs FOLDER_OF_EXAMPLES \\
        --kafka broker:9092 --topic reviews --results results --model ollama:smollm2
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from examples.product_reviews.arguments import add_model_options, seconds
from examples.product_reviews.models import choose_model
from examples.product_reviews.problems import UserError

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment

NAME = "product reviews"

_EPILOG = """\
input:
  Each record's value is a sentence or a review, as `python -m examples.product_reviews --help`
  describes them. What cannot be read, a record without a value included, becomes a result
  of the kind "rejected" with the reason.

output:
  Each record's value is a JSON text with a "kind": sentences, summaries, suggestions or rejected.
  They are written in transactions that end with each checkpoint: a consumer with
  isolation.level=read_committed sees each result once, whatever fails.

restarts:
  The cluster restarts the job from its last checkpoint. Submit it anew from a checkpoint or a
  savepoint (flink run -s PATH): without one it goes on behind what the group has read, and reviews
  that were still being judged are lost. Should it be down for longer than --transaction-timeout,
  the brokers drop results that were written and not yet committed.

exit code:
  0 submitted, 1 failure (the text says why), 2 wrong usage
"""


def main(argv: list[str] | None = None) -> int:
    """Submit the job, or run it here if this is not started by ``flink run``.

    Args:
        argv: The arguments. Default: those of the command line.

    Returns:
        The exit code: 0 or 1.
    """
    arguments = parse_arguments(argv)
    try:
        _submit(arguments)
    except UserError as error:
        print(f"kafka_job: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The options.

    Raises:
        SystemExit: With code 2 if they are wrong; with 0 after ``--help``.
    """
    parser = argparse.ArgumentParser(
        prog="kafka_job.py",
        description="Judges the product reviews of a topic of Kafka and writes the results to a "
        "topic, exactly once: two agents in one job for a Flink cluster.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument_group("Kafka").add_argument
    add("--kafka", required=True, metavar="SERVERS", help="addresses of brokers: HOST:PORT,...")
    add("--topic", required=True, help="the topic of the reviews")
    add("--results", required=True, metavar="TOPIC", help="the topic of the results")
    add("--group", default="product-reviews", help="the consumer group (default: %(default)s)")
    add(
        "--transactional-id",
        default="product-reviews",
        metavar="PREFIX",
        help="how the ids of transactions begin: the same after each restart, another for each "
        "job that runs at the same time (default: %(default)s)",
    )
    add(
        "--transaction-timeout",
        type=seconds,
        default=900.0,
        metavar="SECONDS",
        help="longer than the job may ever be down, and not above transaction.max.timeout.ms of "
        "the brokers (default: %(default)g, the maximum of brokers that are not told otherwise)",
    )
    add("--jar", type=Path, help="the connector flink-sql-connector-kafka, where it is not in lib")
    add(
        "--no-check",
        action="store_true",
        help="do not ask the brokers first whether the topics are there: for a client that "
        "cannot reach them",
    )
    add_model_options(parser)
    add = parser.add_argument_group("job").add_argument
    add(
        "--checkpoint-interval",
        type=seconds,
        metavar="SECONDS",
        help="time between checkpoints, at least 0.1; results can be read with them (default: "
        "that of the cluster, 10 where it has none)",
    )
    options = parser.parse_args(argv)
    if options.topic == options.results:
        parser.error("--topic and --results are the same: results would be read as reviews")
    return options


def _submit(arguments: argparse.Namespace) -> None:
    model = choose_model(arguments.model, arguments.base_url)
    if arguments.jar and not arguments.jar.is_file():
        raise UserError(f"--jar: there is no file {arguments.jar}.")
    # PyFlink takes seconds to import: what is wrong with the options is told before.
    from pyflink.datastream import StreamExecutionEnvironment

    from examples.product_reviews.job import JobOptions, build_job
    from examples.product_reviews.kafka_connector import check_brokers
    from examples.product_reviews.sinks import ResultTopic
    from examples.product_reviews.sources import KafkaTopic

    env = StreamExecutionEnvironment.get_execution_environment()
    _set_checkpoints(env, arguments.checkpoint_interval)
    source = KafkaTopic(arguments.kafka, arguments.topic, arguments.group, arguments.jar)
    sink = ResultTopic(
        arguments.kafka,
        arguments.results,
        arguments.transactional_id,
        arguments.transaction_timeout,
        arguments.jar,
    )
    options = JobOptions(arguments.threshold, arguments.max_in_flight)
    build_job(env, source, sink, model, options)
    if not arguments.no_check:
        topics = [arguments.topic, arguments.results]
        check_brokers(arguments.kafka, topics, arguments.transaction_timeout)
    env.execute(NAME)


def _set_checkpoints(env: StreamExecutionEnvironment, interval: float | None) -> None:
    """Without checkpoints no transaction would ever be committed."""
    from flink_agents.runtime.flink.worker_environment import options_of

    if interval is None and not options_of(env).contains_key("execution.checkpointing.interval"):
        interval = 10.0
    if interval is not None:
        env.enable_checkpointing(int(interval * 1000))


if __name__ == "__main__":
    sys.exit(main())
