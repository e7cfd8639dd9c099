"""Our Java operators in the place of PyFlink's, in a small jar that travels with the job.

In process mode a checkpoint ends the bundle that is under way. PyFlink 2.3 takes the state that the
bundle wrote, but registers the timers that it set behind the barrier: keys whose work began in that
bundle would have no lease after a restore. Our operator registers them before. It also waits for
all that is open at the end of the input. Without the jar process mode is refused.

In thread mode an element costs PyFlink several calls between Java and Python for the key, and as
many for the agent. Our operators make one call each, of what is in
:mod:`flink_agents.runtime.flink.direct_calls`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from pyflink.common import TypeInformation
from pyflink.common.typeinfo import Types, _from_java_type
from pyflink.datastream import (
    DataStream,
    KeyedProcessFunction,
    KeyedStream,
    StreamExecutionEnvironment,
)
from pyflink.datastream.data_stream import _get_one_input_stream_operator
from pyflink.fn_execution.flink_fn_execution_pb2 import UserDefinedDataStreamFunction
from pyflink.java_gateway import get_gateway

from flink_agents import __version__
from flink_agents.bridge.java_jar import FIX, LIBRARY
from flink_agents.exceptions import EnvironmentSetupError
from flink_agents.runtime.flink.keys import KeyFunction
from flink_agents.runtime.flink.worker_environment import options_of

_JARS = "pipeline.jars"
_NEEDED = (
    "Process mode needs {jar}, which is missing: PyFlink's own operator leaves timers out of "
    "checkpoints, and loses what is open at the end of the input. {fix}, install a wheel of the "
    "package, which has it, or use thread mode."
)
_BETTER = (
    "%s is missing, so PyFlink's own operator runs: elements cost more, and a checkpoint in the "
    "moment of a failure may have half of what a timer did. %s, or install a wheel of the package, "
    "which has it."
)

logger = logging.getLogger(__name__)


def key_by(stream: DataStream, select: Callable[[Any], str]) -> KeyedStream:
    """``stream.key_by(select, Types.STRING())``, with our operator in thread mode."""
    env = stream.get_execution_environment()
    if not _is_thread_mode(env) or not _with_jar(env):
        return stream.key_by(select, Types.STRING())
    j_stream: Any = stream._j_data_stream
    j_input_type = j_stream.getType()
    element_type = _from_java_type(j_input_type)
    j_operator, j_output_type = _get_one_input_stream_operator(
        stream,
        KeyFunction(select),
        UserDefinedDataStreamFunction.PROCESS,
        Types.ROW([Types.STRING(), element_type]),
    )
    jvm: Any = get_gateway().jvm
    ours = _package(jvm).ThreadModeKeyOperator(j_operator, j_input_type)
    # By this name PyFlink knows what is to have the parallelism of its input.
    name = jvm.org.apache.flink.python.util.PythonConfigUtil.STREAM_KEY_BY_MAP_OPERATOR_NAME
    j_with_keys = j_stream.transform(name, j_output_type, ours)
    j_key_type: Any = Types.ROW([Types.STRING()]).get_java_type_info()
    j_keyed = j_with_keys.keyBy(jvm.KeyByKeySelector(), j_key_type)
    return KeyedStream(j_keyed, element_type, stream)


def process(
    stream: KeyedStream, function: KeyedProcessFunction, output_type: TypeInformation | None
) -> DataStream:
    """``stream.process(function, output_type)``, with our operator.

    Raises:
        EnvironmentSetupError: If its jar is missing and PyFlink's operator would lose elements.
    """
    env = stream.get_execution_environment()
    if not _with_jar(env):
        if not _is_thread_mode(env):
            raise EnvironmentSetupError(_NEEDED.format(jar=_jar(), fix=FIX))
        logger.warning(_BETTER, _jar(), FIX)
        return stream.process(function, cast("Any", output_type))
    j_operator, j_output_type = _get_one_input_stream_operator(
        stream,
        function,
        UserDefinedDataStreamFunction.KEYED_PROCESS,
        cast("Any", output_type),
    )
    j_stream: Any = stream._j_data_stream
    package = _package(get_gateway().jvm)
    if _is_thread_mode(env):
        ours = package.ThreadModeAgentOperator(j_operator, j_stream.getType())
    else:
        ours = package.ProcessModeAgentOperator.of(j_operator)
    return DataStream(j_stream.transform("KEYED PROCESS", j_output_type, ours))


def _package(jvm: Any) -> Any:
    return jvm.org.apache.flink.agents.runtime.python


def _is_thread_mode(env: StreamExecutionEnvironment) -> bool:
    # As PyFlink asks: whatever else is set is process mode to it.
    return options_of(env).get_string("python.execution-mode", "process") == "thread"


def _jar() -> Path:
    return LIBRARY / f"python-operator-{__version__}.jar"


def _with_jar(env: StreamExecutionEnvironment) -> bool:
    """Make the jar part of the job; returns whether it is there."""
    jar = _jar()
    if not jar.is_file():
        return False
    if jar.as_uri() not in options_of(env).get_string(_JARS, ""):
        env.add_jars(jar.as_uri())
    return True


__all__ = ["key_by", "process"]
