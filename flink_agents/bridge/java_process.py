"""The companion JVM as a process: started with its token, watched, stopped with its parent."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import select
import shlex
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from flink_agents.bridge.java_home import java_home
from flink_agents.bridge.java_jar import classpath
from flink_agents.exceptions import AgentsError, EnvironmentSetupError, ModelUnavailableError

MAIN_CLASS = "org.apache.flink.agents.bridge.CompanionMain"
OPTIONS_VARIABLE = "FLINK_AGENTS_JAVA_OPTIONS"
#: For a quick start and a small process: it waits for model servers most of the time.
_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Xms16m",
    "-Xmx1g",
    "-Djava.awt.headless=true",
)
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_LAST_SECONDS = 1.0

logger = logging.getLogger("flink_agents.java")


class JavaProcess:
    """A running companion JVM.

    Attributes:
        port: Of its py4j server, on the loopback interface.
        token: What the server asks for.
        pid: Its process id.

    Raises:
        EnvironmentSetupError: If there is no Java or no jar, or if it does not start.
        ModelUnavailableError: If it is killed while it starts.
    """

    def __init__(self) -> None:
        java = Path(java_home()) / "bin" / ("java.exe" if os.name == "nt" else "java")
        own_options = shlex.split(os.environ.get(OPTIONS_VARIABLE, ""))
        self.token = secrets.token_urlsafe(32)
        self._last_lines: deque[str] = deque(maxlen=20)
        self._process = subprocess.Popen(
            [str(java), *_OPTIONS, *own_options, "-cp", classpath(), MAIN_CLASS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C in a terminal is meant for the program, which then stops its companion.
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._forwarder = threading.Thread(
            target=self._forward, name="flink-agents-java-stderr", daemon=True
        )
        self._forwarder.start()
        try:
            # Where it has ended already, its announcement tells how.
            with contextlib.suppress(BrokenPipeError):
                self._stdin.write(f"{self.token}\n".encode())
                self._stdin.flush()
            self.port = int(self._announcement()["port"])
        except BaseException as error:
            self.stop()
            if isinstance(error, (OSError, ValueError, KeyError)):
                raise self._start_error(error) from None
            raise

    def how_it_ended(self) -> str:
        """For the reader: what became of the process, which does not answer any more."""
        try:
            code = self._process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        return f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"

    def stop(self, *, kill: bool = False) -> None:
        """End the process and all that belongs to it.

        Args:
            kill: Do not let it end by itself. Default False.
        """
        with contextlib.suppress(OSError):
            self._stdin.close()
        if kill:
            self._process.kill()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forwarder.join(timeout=_STOP_SECONDS)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def forget(self) -> None:
        """Give up what a forked child has of its parent's process."""
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    os.close(stream.fileno())
                    stream.detach()  # type: ignore[union-attr]
        self._process.returncode = 0

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def _announcement(self) -> dict[str, Any]:
        """The one line on its standard output; what it prints later goes to standard error."""
        stdout = self._process.stdout
        assert stdout is not None
        text, end = b"", time.monotonic() + _START_SECONDS
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"it was not ready within {_START_SECONDS:g} s")
            piece = os.read(stdout.fileno(), 4096)
            if not piece:
                raise OSError(self.how_it_ended())
            text += piece
        return json.loads(text)

    def _start_error(self, error: Exception) -> AgentsError:
        if (self._process.returncode or 0) < 0:
            return ModelUnavailableError(
                f"The companion JVM for Java chat models was killed while it started: {error}."
            )
        said = "; ".join(self._last_lines) or "nothing"
        return EnvironmentSetupError(
            f"The companion JVM for Java chat models did not start: {error}. It said: {said}. "
            f"Check JAVA_HOME and {OPTIONS_VARIABLE}, and build its jar with scripts/setup."
        )

    def _forward(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        for line in stderr:
            text = line.decode(errors="replace").rstrip()
            self._last_lines.append(text)
            logger.info("java: %s", text)


__all__ = ["JavaProcess"]
