"""The blocks of docs/connectors.md that need Kafka run as printed, against a real broker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.connectors.conftest import Broker
from tests.environment import clean_environment

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(240)]


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def _run(block: int, kafka: Broker, connector: Path, folder: Path) -> None:
    """Run a block of the page after its first one, which has the agent."""
    script = folder / "page.py"
    script.write_text("\n".join([_blocks("python")[0], _blocks("python kafka")[block]]))
    variables = {"KAFKA": kafka.address, "KAFKA_CONNECTOR": str(connector)}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=220,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_kafka_block_of_the_page_has_a_test_here() -> None:
    assert len(_blocks("python kafka")) == 2


def test_an_agent_between_two_topics(kafka: Broker, connector: Path, tmp_path: Path) -> None:
    kafka.make_topics("names", "greetings")
    kafka.send("names", [b"Ada", b"Alan", b"Ada"])
    _run(0, kafka, connector, tmp_path)
    expected = ["Ada: visit 1", "Ada: visit 2", "Alan: visit 1"]
    assert sorted(kafka.read("greetings")) == expected


def test_an_agent_between_two_tables_of_topics(
    kafka: Broker, connector: Path, tmp_path: Path
) -> None:
    kafka.make_topics("people", "visits")
    people = [*({"name": name} for name in ("Ada", "Alan", "Ada"))]
    kafka.send("people", [*(json.dumps(row).encode() for row in people), b"{broken", None])
    _run(1, kafka, connector, tmp_path)
    found = [(key, json.loads(value)) for (_, key), value in kafka.read_keyed("visits")]
    assert sorted(found, key=str) == [
        ("Ada", {"name": "Ada", "visits": 1}),
        ("Ada", {"name": "Ada", "visits": 2}),
        ("Alan", {"name": "Alan", "visits": 1}),
    ]
