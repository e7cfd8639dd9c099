"""A job that only waits for open model calls, and the same without an agent."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from pyflink.common import Duration, JobClient, Types, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat

from benchmarks.agents import asking_agent
from benchmarks.jobs.flink import discard, environment, with_agent
from benchmarks.jobs.no_model import Echo
from benchmarks.marks import Marks, read_lines
from flink_agents.testing import add_scripted_model

#: Longer than any of these jobs.
CALL_SECONDS = 600.0
#: What the job does at its start is over by then, the JVM's compilation included.
SETTLE_SECONDS = 30.0


def idle_agent(folder: str, calls: int, seconds: float, whole: bool = False) -> dict[str, float]:
    """Wait for open calls; returns between which times to look at the CPU.

    Args:
        folder: Where to write.
        calls: Open calls.
        seconds: How long to wait once they are open.
        whole: Whether ``seconds`` is the length of the whole job instead.
    """
    env = environment("thread")
    return _watch(_ask(env, folder, calls), folder, calls, seconds, whole)


def idle_bare(folder: str, calls: int, seconds: float, whole: bool = False) -> dict[str, float]:
    """The same with a bare keyed function that has nothing to do."""
    env = environment("thread")
    stream = lines(env, folder, calls).key_by(lambda line: line, Types.STRING())
    marks = Marks(f"{folder}/asked", calls)
    discard(stream.process(Echo(marks), Types.STRING()))
    return _watch(env, folder, calls, seconds, whole)


def checkpoint(folder: str, calls: int, checkpoints: int, port: int) -> dict[str, Any]:
    """Take checkpoints while calls are open, then cancel.

    Args:
        folder: Where to write.
        calls: Open calls.
        checkpoints: How many to wait for.
        port: Free port for Flink's REST API.

    Returns:
        ``durations`` of the checkpoints taken after all calls were open, in seconds, and the
        ``bytes`` of the last one.
    """
    env = environment("thread", rest__bind_port=str(port), rest__port=str(port))
    env.enable_checkpointing(300)
    job = _ask(env, folder, calls).execute_async("checkpoint")
    wait_for_calls(folder, calls)
    done = take_checkpoints(job, port, checkpoints, time.time())
    job.cancel().result()
    return {
        "durations": [c["end_to_end_duration"] / 1000 for c in done],
        "bytes": done[-1]["state_size"] if done else 0,
    }


def take_checkpoints(job: JobClient, port: int, count: int, after: float) -> list[dict[str, Any]]:
    """Wait for checkpoints of a running job.

    Args:
        job: The job.
        port: Of Flink's REST API.
        count: How many to wait for.
        after: Time before which none may have begun, in seconds since the epoch.

    Returns:
        What the REST API says of them; fewer if they take too long.
    """
    url = f"http://127.0.0.1:{port}/jobs/{job.get_job_id()}/checkpoints"
    done: list[dict[str, Any]] = []
    while len(done) < count and time.time() - after < CALL_SECONDS / 4:
        time.sleep(1)
        with urllib.request.urlopen(url, timeout=30) as answer:
            history = json.load(answer)["history"]
        done += [
            c
            for c in reversed(history)
            if c["status"] == "COMPLETED"
            and c["trigger_timestamp"] > after * 1000
            and c["id"] not in {d["id"] for d in done}
        ]
    return done


def _ask(env: StreamExecutionEnvironment, folder: str, calls: int) -> StreamExecutionEnvironment:
    asked = Marks(f"{folder}/asked", calls)
    agent = asking_agent(Marks(f"{folder}/marks", 1), asked)
    add_scripted_model(agent, "model", script=["unused"], latency=CALL_SECONDS)
    stream = lines(env, folder, calls)
    discard(with_agent(stream, str, agent, Types.LONG(), max_in_flight=calls))
    return env


def lines(env: StreamExecutionEnvironment, folder: str, count: int) -> DataStream:
    """A line for each call, in a source that does not end: at the end a job would drain."""
    file = Path(folder, "input", "lines")
    file.parent.mkdir()
    file.write_text("".join(f"line {n}\n" for n in range(count)))
    source = (
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(file.parent))
        .monitor_continuously(Duration.of_seconds(60))
        .build()
    )
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "lines", Types.STRING())


def _watch(
    env: StreamExecutionEnvironment, folder: str, calls: int, seconds: float, whole: bool
) -> dict[str, float]:
    started = time.time()
    job = env.execute_async("idle")
    wait_for_calls(folder, calls)
    if not whole:
        time.sleep(SETTLE_SECONDS)
    begin = time.time()
    time.sleep(max(0.0, started + seconds - begin) if whole else seconds)
    end = time.time()
    job.cancel().result()
    return {"begin": begin, "end": end}


def wait_for_calls(folder: str, calls: int) -> None:
    """Wait until the marks ``asked`` have counted that many calls."""
    deadline = time.time() + 120
    while not any(line[0] >= calls for line in read_lines(f"{folder}/asked")):
        if time.time() > deadline:
            raise TimeoutError(f"not all {calls} calls were opened")
        time.sleep(0.1)
