"""The command line."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from examples.product_reviews.models import available_providers

SAMPLE = Path(__file__).parent / "data" / "reviews.tsv"

_EPILOG = """\
input:
  A file has one sentence or review a line, each as TSV or JSON:
    17_3 <tab> -1.5 <tab> The strap broke.       id REVIEW_SENTENCE, human rating (may be
                                                 empty), text; no header
    {"review": "17", "sentence": 3, "text": "The strap broke.", "rating": -1.5, "total": 9}
    {"review": "17", "sentences": ["The strap broke.", {"text": "...", "rating": 2}]}
  In a folder or a topic a review ends when as many sentences as its "total" have come; without
  a total its sentences are judged, but it gets no summary. A file is counted first, so there
  the totals are known. A line that cannot be read goes to rejected/.

output:
  OUTPUT/{sentences,summaries,suggestions,rejected}/part-*.jsonl, written exactly once; the files
  of a checkpoint appear when it is complete. The terminal shows what is in them.

exit code:
  0 success, 1 failure (the text says why), 2 wrong usage, 130 Ctrl-C
"""


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The options, checked as far as that goes without looking at files.

    Raises:
        SystemExit: With code 2 if they are wrong; with 0 after ``--help``.
    """
    parser = argparse.ArgumentParser(
        prog="python -m examples.product_reviews",
        description="Judges the sentences of product reviews with a chat model, sums each review "
        "up, and turns low-rated ones into suggestions: two agents in one Flink job.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument_group("input").add_argument
    add("input", nargs="?", type=Path, metavar="INPUT", help="a file (default: a sample)")
    add(
        "--watch",
        type=Path,
        metavar="FOLDER",
        help="read each file that appears in this folder, "
        "until Ctrl-C; move files into it when they are complete",
    )
    add("--kafka", metavar="SERVERS", help="read a topic of these brokers, until Ctrl-C")
    add("--topic", help="the topic")
    add("--group", default="product-reviews", help="the consumer group (default: %(default)s)")
    add("--jar", type=Path, help="file of flink-sql-connector-kafka, which Kafka needs")
    add(
        "--limit",
        type=whole,
        metavar="N",
        help="read a file only up to the line with its Nth sentence (default: all)",
    )
    add_model_options(parser)
    add = parser.add_argument_group("job").add_argument
    add(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of the results, new or empty (default: out/product_reviews/TIME)",
    )
    add(
        "--parallelism",
        type=whole,
        default=1,
        metavar="N",
        help="subtasks of each operator (default: %(default)s)",
    )
    add(
        "--checkpoint-interval",
        type=seconds,
        default=2.0,
        metavar="SECONDS",
        help="time between "
        "checkpoints, at least 0.1; results appear with them (default: %(default)s)",
    )
    add("--plain", action="store_true", help="lines instead of a live table; as without a terminal")
    options = parser.parse_args(argv)
    _check(parser, options)
    return options


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """The options about the model, and how it is asked."""
    add = parser.add_argument_group("model").add_argument
    add(
        "--model",
        default="embedded",
        help="embedded (a small model in the process, no server), "
        "embedded:FILE.gguf, PROVIDER:NAME, or scripted (counts words). Providers: "
        f"{', '.join(p for p in available_providers() if p != 'embedded')}; keys come from the "
        "environment, as OPENAI_API_KEY (default: %(default)s)",
    )
    add("--base-url", metavar="URL", help="where the provider's API is (default: its usual place)")
    add(
        "--threshold",
        type=score,
        default=0.0,
        help="reviews with a mean score below it get a suggestion, -4 to 4 (default: %(default)s)",
    )
    add(
        "--max-in-flight",
        type=whole,
        default=200,
        metavar="N",
        help="calls of the model that a subtask has open at once (default: %(default)s)",
    )


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if sum(bool(given) for given in (options.input, options.watch, options.kafka)) > 1:
        parser.error("give one of INPUT, --watch and --kafka")
    if bool(options.kafka) != bool(options.topic):
        parser.error("--kafka and --topic go together")
    if (options.watch or options.kafka) and options.limit:
        parser.error("--limit is for a file")
    if not (options.watch or options.kafka):
        options.input = options.input or SAMPLE
    if options.output is None:
        options.output = Path("out", "product_reviews", time.strftime("%Y-%m-%d_%H-%M-%S"))


def whole(text: str) -> int:
    """A number of things, at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def score(text: str) -> float:
    """A score, from -4 to 4."""
    number = float(text)
    if not -4 <= number <= 4:
        raise argparse.ArgumentTypeError(f"{text} is not from -4 to 4")
    return number


def seconds(text: str) -> float:
    """A time, from 0.1 seconds to a day."""
    number = float(text)
    if not 0.1 <= number <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not from 0.1 to 86400")
    return number
