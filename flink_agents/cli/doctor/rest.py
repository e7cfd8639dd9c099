"""The REST API of a cluster, as far as the doctor asks it."""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit


class RestError(Exception):
    """The API did not answer as Flink's does; the text tells what happened.

    Args:
        text: What happened, as a clause.
        answered: Whether something was there that answered.
    """

    def __init__(self, text: str, answered: bool) -> None:
        super().__init__(text)
        self.answered = answered


@dataclass(frozen=True)
class Overview:
    """The cluster in numbers.

    Args:
        version: Of Flink.
        task_managers: How many are registered.
        slots: Of all of them.
        free_slots: That no job uses.
        jobs: How many are running.
    """

    version: str
    task_managers: int
    slots: int
    free_slots: int
    jobs: int


@dataclass(frozen=True)
class TaskManager:
    """A registered TaskManager; memory in bytes.

    Args:
        name: As the cluster calls it.
        slots: How many it has.
        outside_heap: Memory that Python may use in it: task off-heap and the JVM's overhead.
    """

    name: str
    slots: int
    outside_heap: int


class Rest:
    """Asks the API.

    Args:
        url: Address without a last slash; user and password in it are sent as HTTP Basic.
        timeout: Seconds for an answer.
    """

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.url = url
        self._timeout = timeout
        parts = urlsplit(url)
        user, at, address = parts.netloc.rpartition("@")
        self._address = parts._replace(netloc=address).geturl()
        text = base64.b64encode(unquote(user).encode()).decode()
        self._headers = {"Authorization": f"Basic {text}"} if at else {}
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        # A proxy of the machine is none for the machine itself.
        handlers = [urllib.request.ProxyHandler({})] if here else []
        self._opener = urllib.request.build_opener(*handlers)

    def overview(self) -> Overview:
        """The cluster in numbers.

        Raises:
            RestError: If this is no JobManager.
        """
        answer = self.get("/overview")
        try:
            return Overview(
                answer["flink-version"],
                answer["taskmanagers"],
                answer["slots-total"],
                answer["slots-available"],
                answer["jobs-running"],
            )
        except (KeyError, TypeError):
            raise RestError(f"{self.url} answers, but not as Flink does", True) from None

    def options(self) -> dict[str, str]:
        """The options of the JobManager that are set; Flink puts stars for what is secret."""
        return {each["key"]: each["value"] for each in self.get("/jobmanager/config")}

    def java_version(self) -> str:
        """The JobManager's, as ``17.0.15+6``."""
        return self.get("/jobmanager/environment")["jvm"]["version"].rpartition("/")[2]

    def class_path(self) -> list[str]:
        """Jars of the JobManager."""
        return self.get("/jobmanager/environment")["classpath"]

    def task_managers(self) -> list[TaskManager]:
        """Those that are registered."""
        return [
            TaskManager(
                each["id"],
                each["slotsNumber"],
                each["memoryConfiguration"]["taskOffHeap"]
                + each["memoryConfiguration"]["jvmOverhead"],
            )
            for each in self.get("/taskmanagers")["taskmanagers"]
        ]

    def job_named(self, name: str) -> tuple[str, str] | None:
        """Id and state of the job of this name."""
        for job in self.get("/jobs/overview")["jobs"]:
            if job["name"] == name:
                return job["jid"], job["state"]
        return None

    def cause_of_failure(self, job: str) -> str:
        """Stack trace of what the job failed with; empty if there is none."""
        entries = self.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return "\n".join(each["stacktrace"] for each in entries)

    def cancel(self, job: str) -> None:
        """Cancel a job."""
        self._ask(f"/jobs/{job}?mode=cancel", "PATCH")

    def get(self, path: str) -> Any:
        """The answer to a GET.

        Raises:
            RestError: If it is no JSON, or there is none.
        """
        text, server = self._ask(path, "GET")
        try:
            return json.loads(text)
        except ValueError:
            named = f" (it calls itself {server})" if server else ""
            raise RestError(f"{self.url} answers, but not as Flink does{named}", True) from None

    def _ask(self, path: str, method: str) -> tuple[bytes, str]:
        request = urllib.request.Request(self._address + path, None, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return answer.read(), answer.headers.get("Server", "")
        except urllib.error.HTTPError as error:
            server = error.headers.get("Server", "")
            named = f" (it calls itself {server})" if server else ""
            error.close()
            raise RestError(f"{self.url} answers {path} with {error.code}{named}", True) from None
        except http.client.HTTPException as error:
            raise RestError(f"{self.url} does not speak HTTP: {error!r}", True) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise RestError(f"nothing answers at {self.url}: {reason}", False) from None
