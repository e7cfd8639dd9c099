"""Make the golden files of this version of the state.

    python -m tests.upgrade.make_golden

It runs a job until it has the open work that is wanted, makes a savepoint, lets one call more end,
and kills the job. The files go into ``tests/upgrade/v<version>``. If that is there, only texts of
values and states that are new are added: what jobs may have in their state is not made anew.
Commit the folder, and keep all others.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

from flink_agents.runtime.flink.worker_environment import configure
from tests.chaos.ledger import MADE, SEEN, Ledger
from tests.upgrade.agent import desk, hold_of
from tests.upgrade.golden import CURRENT, write_texts
from tests.upgrade.job import FAILS, HELD, LATE, build, endless_orders

#: Seconds that the job has for what is waited for.
_PATIENCE = 120


def main() -> None:
    """Make the files."""
    if CURRENT.exists():
        write_texts(CURRENT)
        return
    with TemporaryDirectory() as name:
        work = Path(name)
        for call in (*HELD, FAILS):
            Path(hold_of(name, call)).touch()
        _run(work)
        CURRENT.mkdir()
        shutil.copytree(work / "journal" / "desk", CURRENT / "journal")
        shutil.copyfile(work / "ledger", CURRENT / "ledger")
        (savepoint,) = work.glob("savepoint-*")
        shutil.copytree(savepoint, CURRENT / "savepoint")
    write_texts(CURRENT)
    size = sum(file.stat().st_size for file in CURRENT.rglob("*") if file.is_file())
    print(f"{CURRENT}: {size:,} bytes")


def _run(work: Path) -> None:
    configuration = Configuration()
    options = {"rest.bind-port": "0", "restart-strategy.type": "none"}
    for key, value in options.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    configure(env)
    env.set_parallelism(1)
    build(env, endless_orders(env), desk(str(work)), work).print()
    client = env.execute_async("golden")
    ledger = Ledger(str(work / "ledger"))

    def noted(word: str, *calls: str) -> Callable[[], bool]:
        return lambda: set(calls) <= {e.name for e in ledger.read() if e.word == word}

    try:
        held = [call for call in HELD if call != "late/1/check"]
        _wait(noted(MADE, *held, "retry/1/find"))
        _wait(noted(SEEN, "call/1/find", "chat/1/first", "chat/1/weigh", "held/1/check"))
        # What has been seen is in the state with the next look of the operator.
        time.sleep(1)
        jvm: Any = get_gateway().jvm
        form = jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
        client_of_java: Any = client._j_job_client
        client_of_java.triggerSavepoint(str(work), form).get()
        Path(hold_of(str(work), LATE)).unlink()
        _wait(noted(SEEN, LATE))
        assert sum(e.name == "retry/1/find" for e in ledger.read()) == 1, "the retry came too soon"
    finally:
        client.cancel().result()
        env.close()


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > deadline:
            sys.exit("The job did not come to what is wanted.")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
