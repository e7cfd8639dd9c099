"""The product review job between two topics, and its first program with a topic."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from examples.product_reviews.kafka_job import main
from tests.connectors.conftest import Broker
from tests.environment import clean_environment

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(240)]

REVIEWS: list[bytes | None] = [
    b"1_1\t2\tI love it.",
    b'{"review": "2", "sentences": ["A horrible waste.", "It broke."]}',
    # Nothing of what follows can be read.
    None,
    b"",
    b"1_2\t1\tbad \xff byte",
    b"x" * 900_000,
    b'{"review": "' + b"y" * 900_000 + b'", "sentences": ["good", ""]}',
]


@contextmanager
def _started(module: str, arguments: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    with open(folder / "said", "w") as said:
        program = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--model", "scripted"],
            cwd=ROOT,
            env=clean_environment(),
            stdout=said,
            stderr=said,
            text=True,
        )
    try:
        yield program
    finally:
        program.kill()
        program.wait()


def test_the_job_for_clusters_writes_a_result_for_each_record_whatever_it_holds(
    kafka: Broker, connector: Path, tmp_path: Path
) -> None:
    kafka.make_topics("job-reviews", "job-results")
    kafka.send("job-reviews", REVIEWS)
    arguments = ["--kafka", kafka.address, "--topic", "job-reviews", "--results", "job-results"]
    arguments += ["--jar", str(connector), "--checkpoint-interval", "0.5"]
    with _started("examples.product_reviews.kafka_job", arguments, tmp_path) as job:

        def is_running() -> None:
            assert job.poll() is None, (tmp_path / "said").read_text()[-3000:]

        results = kafka.await_results("job-results", 10, is_running)
        kafka.send("job-reviews", [b"3_1\t\tIt works."])
        results = kafka.await_results("job-results", 11, is_running)
    kinds = Counter(result["kind"] for result in results)
    assert kinds == {"sentences": 4, "summaries": 1, "suggestions": 1, "rejected": 5}
    reasons = sorted(row["reason"][:20] for row in results if row["kind"] == "rejected")
    assert reasons == [
        "1 tab-separated colu",
        "empty line",
        "not valid UTF-8: byt",
        "record without a val",
        "review: String shoul",
    ]


def test_the_program_reads_a_topic_until_it_is_interrupted(
    kafka: Broker, connector: Path, tmp_path: Path
) -> None:
    kafka.make_topics("program-reviews")
    kafka.send("program-reviews", REVIEWS)
    output = tmp_path / "out"
    arguments = ["--kafka", kafka.address, "--topic", "program-reviews", "--jar", str(connector)]
    arguments += ["--output", str(output), "--checkpoint-interval", "0.5", "--plain"]
    with _started("examples.product_reviews", arguments, tmp_path) as program:
        end = time.monotonic() + 150
        while len(lines := _lines(output)) < 10:
            assert program.poll() is None, (tmp_path / "said").read_text()[-3000:]
            assert time.monotonic() < end, f"{len(lines)} results"
            time.sleep(0.5)
        program.send_signal(signal.SIGINT)
        assert program.wait(60) == 130
    assert len([line for line in lines if "reason" in line and "what" in line]) == 5
    assert "Stopped; what was confirmed until then:" in (tmp_path / "said").read_text()


def _lines(output: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for part in output.glob("*/part-*.jsonl")
        for line in part.read_text(encoding="utf-8").splitlines()
    ]


def test_a_job_that_could_not_run_is_refused_before_it_is_submitted(
    kafka: Broker, connector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kafka.make_topics("only-reviews", "only-results")
    common = ["--model", "scripted", "--results", "results-that-nobody-made"]
    jar = ["--jar", str(connector)]
    other = tmp_path / "other.jar"
    other.write_bytes(b"PK\x05\x06" + bytes(18))
    nobody = "127.0.0.1:9"
    both = ["--kafka", kafka.address, "--topic", "only-reviews", "--results", "only-results"]
    for arguments, problem in (
        ([*jar, "--kafka", kafka.address, "--topic", "only-reviews"], "no topic results-that-no"),
        ([*jar, *both, "--transaction-timeout", "901"], "allow 900 seconds at most"),
        ([*jar, "--kafka", "no.such.host.invalid:9092", "--topic", "t"], "No resolvable"),
        ([*jar, "--kafka", nobody, "--topic", "t"], f"brokers at {nobody} cannot be used"),
        (["--jar", "missing.jar", "--kafka", nobody, "--topic", "t"], "no file missing.jar"),
    ):
        assert main([*common, *arguments]) == 1, problem
        assert problem in capsys.readouterr().err
    # Once the connector has been loaded, only another process is without it.
    for arguments, problem in (
        (["--jar", str(other)], "other.jar is not Flink's Kafka connector"),
        ([], "scripts/fetch-connectors"),
    ):
        arguments = [*common, "--kafka", nobody, "--topic", "t", *arguments]
        with _started("examples.product_reviews.kafka_job", arguments, tmp_path) as program:
            assert program.wait(150) == 1
        assert problem in (tmp_path / "said").read_text()
