"""Jobs of an agent with secrets, in a process of their own so that all that is told is caught.

Reads a JSON object from its standard input: ``folder`` for the evidence, ``strategy``, and
``resources``: for each provider the classes and arguments of connection and setup.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cloudpickle
from pyflink.common import Types
from pyflink.common.serialization import Encoder
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.java_gateway import get_gateway

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.plan.compile import compile_agent
from flink_agents.runtime.actions import BUILT_IN_ACTIONS
from flink_agents.runtime.flink.worker_environment import configure, find_java_home
from flink_agents.testing import run_agent

#: What the server does to a question, by its first word, and what then is in the output.
KINDS = {
    "answered": "answer to",
    "refused": "status 400",
    "failed": "status 500",
    "silent": "no answer within",
}


def build_agent(resources: dict[str, Any], log: str) -> Agent:
    """An agent with a chat model of each provider; inputs are ``<kind> <provider> <number>``."""

    def ask(event: Any, ctx: Any) -> None:
        root = logging.getLogger()
        if not any(isinstance(handler, logging.FileHandler) for handler in root.handlers):
            root.addHandler(logging.FileHandler(log))
            root.setLevel(logging.DEBUG)
        model = event.input.split()[1]
        messages = [ChatMessage(content=event.input)]
        ctx.send_event(ChatRequestEvent(model=model, messages=messages))

    def answer(event: Any, ctx: Any) -> None:
        said = event.response
        told = said.extra_args.get("error") or said.content
        kind, model, number = ctx.key.split()
        ctx.send_event(OutputEvent(output=f"{model} {kind} {number}< {told}"))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    for name, parts in resources.items():
        connection = ResourceDescriptor(**parts["connection"])
        agent.add_resource(f"{name}_connection", ResourceType.CHAT_MODEL_CONNECTION, connection)
        setup = ResourceDescriptor(**parts["setup"], connection=f"{name}_connection")
        agent.add_resource(name, ResourceType.CHAT_MODEL, setup)
    return agent


def environment(folder: Path, options: dict[str, str]) -> StreamExecutionEnvironment:
    from pyflink.common import Configuration

    configuration = Configuration()
    given = {
        "restart-strategy.type": "none",
        "rest.bind-port": "0",
        "execution.checkpointing.dir": f"file://{folder}/checkpoints",
        "execution.checkpointing.interval": "100 ms",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": "20",
        **options,
    }
    for key, value in given.items():
        configuration.set_string(key, value)
    made = StreamExecutionEnvironment.get_execution_environment(configuration)
    configure(made)
    made.set_parallelism(1)
    return made


def show_plan(agent: Agent, folder: Path) -> None:
    """The compiled plan, in all forms that it has."""
    plan = compile_agent(agent, {}, BUILT_IN_ACTIONS, {})
    (folder / "plan").mkdir()
    (folder / "plan/repr").write_text(f"{plan!r}\n{plan}\n{agent!r}\n{plan.resources!r}")
    (folder / "plan/mermaid").write_text(plan.to_mermaid())
    (folder / "pickled_plan").write_bytes(cloudpickle.dumps(plan))


def read_rest(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return json.load(answer)


def show_rest(port: int, folder: Path) -> None:
    """What the cluster tells about the job: metrics with their values, configuration, errors."""
    (job,) = read_rest(port, "/jobs")["jobs"]
    path = f"/jobs/{job['id']}"
    parts = ["/jobmanager/config", path, *(f"{path}/{n}" for n in ("config", "plan", "exceptions"))]
    told = [json.dumps(read_rest(port, part)) for part in parts]
    for vertex in read_rest(port, path)["vertices"]:
        metrics = f"{path}/vertices/{vertex['id']}/subtasks/metrics"
        # The cluster asks its workers when it is asked, and answers with what it had before.
        while not (names := [metric["id"] for metric in read_rest(port, metrics)]):
            time.sleep(0.2)
        for start in range(0, len(names), 20):
            query = quote(",".join(names[start : start + 20]), safe=",")
            told.append(json.dumps(read_rest(port, f"{metrics}?get={query}")))
    (folder / "rest").write_text("\n".join(told))


def run_until_all_was_seen(settings: dict[str, Any]) -> None:
    """Requests of all kinds with checkpoints meanwhile, then a savepoint and a cancelled job."""
    folder, resources = Path(settings["folder"]), settings["resources"]
    agent = build_agent(resources, f"{folder}/python.log")
    show_plan(agent, folder)
    port = settings["port"]
    env = environment(
        folder,
        {
            "rest.port": str(port),
            "rest.bind-port": str(port),
            "metrics.fetcher.update-interval": "50",
        },
    )
    names = sorted(resources)
    numbers = env.from_source(
        NumberSequenceSource(0, 1_000_000), WatermarkStrategy.no_watermarks(), "n", Types.LONG()
    )

    def question(number: int) -> str:
        import time

        time.sleep(0.01)
        kind = list(KINDS)[number // len(names) % len(KINDS)]
        return f"{kind} {names[number % len(names)]} {number}"

    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    for name, value in settings["options"].items():
        agents.get_config().set_str(name, value)
    builder = agents.from_datastream(numbers.map(question, Types.STRING()), str)
    outputs = builder.apply(agent).to_datastream(Types.STRING())

    def write(stream: Any, name: str) -> None:
        sink = FileSink.for_row_format(str(folder / name), Encoder.simple_string_encoder())
        stream.sink_to(sink.build())

    write(outputs, "outputs")
    if settings["options"]["error-handling-strategy"] == "dead-letter":
        write(builder.to_dead_letters(), "dead_letters")
    (folder / "job_graph").write_text(env.get_execution_plan())
    client = env.execute_async("secrets")
    _wait_for_all(client, folder, names)
    show_rest(port, folder)
    jvm: Any = get_gateway().jvm
    form = jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
    client._j_job_client.triggerSavepoint(str(folder / "savepoint"), form).get()
    client.cancel().result()


def _wait_for_all(client: Any, folder: Path, names: list[str]) -> None:
    """Wait until each provider has answered, and has failed in each of the other ways."""
    deadline = time.monotonic() + 150
    wanted = {(name, kind) for name in names for kind in KINDS}
    while missing := wanted - _seen(folder):
        job = client.get_job_execution_result()
        if job.done():
            job.result()  # raises what it failed with
        if time.monotonic() > deadline:
            raise AssertionError(f"the job ran in vain for {sorted(missing)}")
        time.sleep(0.2)


def _seen(folder: Path) -> set[tuple[str, str]]:
    """Provider and kind of what ended as it should: on a busy machine others time out, too."""
    written = "".join(p.read_text() for p in (folder / "outputs").rglob("*") if p.is_file())
    seen = re.findall(r"^(\w+) (\w+) \d+< (.*)$", written, re.MULTILINE)
    return {(name, kind) for name, kind, told in seen if KINDS[kind] in told}


def fail_once_for_each_provider(settings: dict[str, Any]) -> None:
    """A job for each provider that fails with what the server refused."""
    folder, resources = Path(settings["folder"]), settings["resources"]
    agent = build_agent(resources, f"{folder}/python.log")
    for number, name in enumerate(sorted(resources)):
        kind = ("refused", "failed")[number % 2]
        env = environment(folder, {})
        try:
            run_agent(agent, [{"key": name, "value": f"{kind} {name} 0"}], env)
        except Exception as error:
            (folder / f"failure_{name}").write_text("".join(traceback.format_exception(error)))
            java = getattr(error, "java_exception", None) or getattr(
                error.__cause__, "java_exception", None
            )
            print(f"{error!r}\n{java}", file=sys.stderr)
            traceback.print_exc()
        else:
            raise AssertionError(f"the job of {name} did not fail")
        finally:
            env.close()


def main() -> None:
    settings = json.load(sys.stdin)
    find_java_home()
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    Path(settings["folder"]).mkdir(parents=True, exist_ok=True)
    if settings["options"]["error-handling-strategy"] == "fail":
        fail_once_for_each_provider(settings)
    else:
        run_until_all_was_seen(settings)


if __name__ == "__main__":
    main()
