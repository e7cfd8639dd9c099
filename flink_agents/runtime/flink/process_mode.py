"""The operator of an agent in process mode, with all timers in its checkpoints.

A checkpoint ends the bundle that is under way. PyFlink 2.3 takes the state that the bundle wrote,
but registers the timers that it set behind the barrier: keys whose work began in that bundle would
have no lease after a restore. A Java operator of ours, in a small jar that travels with the job,
registers them before.
"""

from __future__ import annotations

import logging
from typing import Any, cast

from pyflink.common import TypeInformation
from pyflink.datastream import DataStream, KeyedProcessFunction, KeyedStream
from pyflink.datastream.data_stream import _get_one_input_stream_operator
from pyflink.fn_execution.flink_fn_execution_pb2 import UserDefinedDataStreamFunction
from pyflink.java_gateway import get_gateway

from flink_agents import __version__
from flink_agents.bridge.java_jar import FIX, LIBRARY
from flink_agents.runtime.flink.worker_environment import options_of

_BUNDLE_SIZE = "python.fn-execution.bundle.size"
_JARS = "pipeline.jars"
_WARNING = (
    "%s is missing. Without it PyFlink leaves timers out of a checkpoint that were set in the "
    "bundle that it ended: after a failure, keys whose work had begun there go on only with "
    "their next element. %s, install a wheel of the package, which has it, set %s to 1, which is "
    "slower, or use thread mode."
)

logger = logging.getLogger(__name__)


def process(
    stream: KeyedStream, function: KeyedProcessFunction, output_type: TypeInformation | None
) -> DataStream:
    """``stream.process(function, output_type)``, with our operator in process mode."""
    env = stream.get_execution_environment()
    options = options_of(env)
    if options.get_string("python.execution-mode", "thread") != "process":
        return stream.process(function, cast("Any", output_type))
    jar = LIBRARY / f"python-operator-{__version__}.jar"
    if not jar.is_file():
        checkpoints = env.get_checkpoint_config().is_checkpointing_enabled()
        if checkpoints and options.get_string(_BUNDLE_SIZE, "") != "1":
            logger.warning(_WARNING, jar, FIX, _BUNDLE_SIZE)
        return stream.process(function, cast("Any", output_type))
    if jar.as_uri() not in options.get_string(_JARS, ""):
        env.add_jars(jar.as_uri())
    kind = UserDefinedDataStreamFunction.KEYED_PROCESS
    j_operator, j_output_type = _get_one_input_stream_operator(
        stream, function, kind, cast("Any", output_type)
    )
    jvm: Any = get_gateway().jvm
    ours = jvm.org.apache.flink.agents.runtime.python.TimerKeepingOperator.of(j_operator)
    j_stream: Any = stream._j_data_stream
    return DataStream(j_stream.transform("KEYED PROCESS", j_output_type, ours))


__all__ = ["process"]
