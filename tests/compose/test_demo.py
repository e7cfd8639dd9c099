"""``docker compose up``: the demo, with a real model in a real Ollama."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from examples.product_reviews.schema import FOLDERS, JudgedSentence
from tests.compose.cluster import DEMO, Cluster
from tests.compose.engine import ROOT
from tests.compose.topics import reading

pytestmark = [
    pytest.mark.docker,
    pytest.mark.flink,
    pytest.mark.ollama,
    pytest.mark.slow,
    # Without what the engine and the images take, which the first test waits for.
    pytest.mark.timeout(600, func_only=True),
]

SAMPLE = ROOT / "examples" / "product_reviews" / "data" / "reviews.tsv"


def sentences() -> dict[tuple[str, int], str]:
    """The sentences of the sample by review and number."""
    found: dict[tuple[str, int], str] = {}
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        name, _, text = line.split("\t")
        review, _, number = name.rpartition("_")
        found[review, int(number)] = text
    return found


def test_the_demo_judges_the_sample_with_a_real_model(project: Cluster) -> None:
    started = time.time()
    up = [*project.compose.compose_command_property, "up", "--detach"]
    with (
        subprocess.Popen(up, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
        reading(project.kafka, "results") as reader,
    ):

        def enough() -> bool:
            return len(reader.read) >= 12 or bool(process.poll())

        assert reader.read_until(enough, timeout=240), project.logs()
        assert process.stdout is not None
        assert process.wait() == 0, process.stdout.read().decode()
    print(f"first result {reader.read[0][0] - started:.1f} s after `docker compose up`")
    known = sentences()
    judged: list[JudgedSentence] = []
    for _, text in reader.read:
        record = FOLDERS[json.loads(text)["kind"]].model_validate_json(text)
        if isinstance(record, JudgedSentence):
            assert known[record.review, record.sentence] == record.text
            assert -4 <= record.score <= 4
            assert record.call.model.startswith("smollm2")
            judged.append(record)
    assert len(judged) >= 6
    assert len({(r.review, r.sentence) for r in judged}) == len(judged)
    # What the tests of jobs need goes on: a cluster without a job.
    for job in project.flink.running_jobs():
        project.flink.cancel(job)
    project.run("rm", "--stop", "--force", *DEMO)
