"""A source that emits at a steady rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyflink.common import TypeInformation, Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway


def paced(
    environment: StreamExecutionEnvironment,
    elements: Sequence[Any],
    per_second: float,
    type_info: TypeInformation | None = None,
) -> DataStream:
    """A stream at a steady rate, so that a job stays alive while timers fire.

    Java keeps the rate: in process mode a Python function that waits gives all it has at the end of
    its bundle.

    Args:
        environment: The job's.
        elements: What it emits.
        per_second: How many in a second.
        type_info: Of the elements; by default texts.
    """
    jvm: Any = get_gateway().jvm
    flink = jvm.org.apache.flink
    j_environment = environment._j_stream_execution_environment
    j_type = (type_info or Types.STRING()).get_java_type_info()
    generator = flink.connector.datagen.functions.FromElementsGeneratorFunction(
        j_type, j_environment.getConfig(), list(elements)
    )
    rate = flink.api.connector.source.util.ratelimit.RateLimiterStrategy.perSecond(
        float(per_second)
    )
    source = flink.connector.datagen.source.DataGeneratorSource(
        generator, len(elements), rate, j_type
    )
    no_watermarks = flink.api.common.eventtime.WatermarkStrategy.noWatermarks()
    j_stream = j_environment.fromSource(source, no_watermarks, "paced", j_type)
    return DataStream(j_stream.setParallelism(1))
