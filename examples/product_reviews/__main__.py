"""The program: ``python -m examples.product_reviews [INPUT] [options]``."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from examples.product_reviews.arguments import parse_arguments
from examples.product_reviews.live import View, open_view
from examples.product_reviews.models import choose_model
from examples.product_reviews.problems import CONNECTOR_MISSING, UserError, explain
from examples.product_reviews.reading import Scan, scan
from examples.product_reviews.report import Report, printable
from flink_agents.runtime.flink.worker_environment import JavaNotFoundError, find_java_home

if TYPE_CHECKING:
    from examples.product_reviews.running import RunningJob
    from examples.product_reviews.sources import Source

#: Seconds between two looks at what there is to show.
_TICK = 0.25


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: The arguments. Default: those of the command line.

    Returns:
        The exit code: 0, 1 or 130.
    """
    arguments = parse_arguments(argv)
    # Once Java is gone, each object that is cleared away would complain of it.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    report = Report(arguments.threshold)
    started = time.monotonic()
    try:
        code = _run(arguments, report)
    except KeyboardInterrupt:
        code = 130
    except (UserError, JavaNotFoundError) as error:
        return _failed(str(error))
    except Exception as error:
        return _failed(explain(error, arguments.output))
    if code == 130:
        print("Stopped; what was confirmed until then:")
    for line in report.lines(time.monotonic() - started, str(arguments.output)):
        print(line)
    if code == 0 and not report.sentences:
        return _failed(_nothing_judged(report))
    return code


def _run(arguments: Namespace, report: Report) -> int:
    model = choose_model(arguments.model, arguments.base_url)
    _check_paths(arguments)
    find_java_home()
    # PyFlink takes seconds to import: what is wrong with the options is told before.
    from examples.product_reviews.job import JobOptions, build_job
    from examples.product_reviews.kafka_connector import check_brokers
    from examples.product_reviews.running import RunningJob, flink_environment
    from examples.product_reviews.sinks import ResultFiles

    source = _source(arguments)
    sink = ResultFiles(arguments.output.resolve())
    options = JobOptions(arguments.threshold, arguments.max_in_flight)
    with tempfile.TemporaryDirectory(prefix="product-reviews-") as folder:
        scratch = Path(folder).resolve()
        env = flink_environment(scratch, arguments.parallelism, arguments.checkpoint_interval)
        results = build_job(env, source, sink, model, options)
        if arguments.kafka:
            check_brokers(arguments.kafka, [arguments.topic])
        job = RunningJob(env, results, "product reviews")
        view = open_view(arguments.plain, source.found.sentences if source.found else None)
        try:
            _follow(job, report, view, source.found)
            if not job.finished:
                job.finish(scratch)
                _follow(job, report, view)
        finally:
            view.close()
            if not job.finished:
                job.cancel()
    return 0


def _follow(job: RunningJob, report: Report, view: View, found: Scan | None = None) -> None:
    """Take results until there are no more, or until there is one for all that was found."""
    while not job.finished and (found is None or not report.is_complete(found)):
        for folder, text in job.take(wait=_TICK):
            report.add(folder, text)
        view.update(report)


def _check_paths(arguments: Namespace) -> None:
    if arguments.input and not arguments.input.is_file():
        raise UserError(f"There is no file {arguments.input}.")
    if arguments.input and not os.access(arguments.input, os.R_OK):
        raise UserError(f"The file {arguments.input} may not be read.")
    if arguments.watch and not arguments.watch.is_dir():
        raise UserError(f"There is no folder {arguments.watch}.")
    if arguments.kafka and arguments.jar is None:
        raise UserError(CONNECTOR_MISSING)
    if arguments.jar and not arguments.jar.is_file():
        raise UserError(f"There is no file {arguments.jar}. {CONNECTOR_MISSING}")
    output = arguments.output
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UserError(f"--output {output} is in use: name a new or an empty folder.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--output {output} cannot be made: {error.strerror}.") from error


def _source(arguments: Namespace) -> Source:
    from examples.product_reviews.sources import KafkaTopic, ReviewFile, WatchedFolder

    if arguments.kafka:
        return KafkaTopic(arguments.kafka, arguments.topic, arguments.group, arguments.jar)
    if arguments.watch:
        return WatchedFolder(arguments.watch.resolve())
    found = scan(arguments.input, arguments.limit)
    if not found.sentences and not found.rejected:
        raise UserError(f"The file {arguments.input} is empty.")
    return ReviewFile(arguments.input.resolve(), found)


def _nothing_judged(report: Report) -> str:
    first = report.first_failed or report.first_rejected
    reason = f" The first problem: {printable(first.reason)}" if first else ""
    return f"No sentence was judged.{reason}"


def _failed(problem: str) -> int:
    print(f"product_reviews: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
