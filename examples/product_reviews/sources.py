"""Where reviews come from: a file, a folder that is watched, or a Kafka topic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pyflink.common import Duration, Types
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import DataStream, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaSource,
    KafkaSourceBuilder,
)
from pyflink.datastream.functions import KeyedProcessFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.java_gateway import get_gateway

from examples.product_reviews.kafka_connector import add_connector
from examples.product_reviews.reading import BYTES, Scan, parse_line
from examples.product_reviews.schema import Sentence


class Source(Protocol):
    """Where reviews come from."""

    @property
    def found(self) -> Scan | None:
        """What there is to read; None if there is no end to it."""
        ...

    def read(self, env: StreamExecutionEnvironment) -> DataStream:
        """The stream of ``Sentence`` and ``Rejected``."""
        ...


@dataclass(frozen=True)
class ReviewFile:
    """A file.

    Flink takes no checkpoint, and so confirms no result, between the end of its input and the last
    answer of a model. So the source does not end with the file: the job is stopped when it has
    given all results.

    Args:
        path: The file.
        found: What it holds.
    """

    path: Path
    found: Scan

    def read(self, env: StreamExecutionEnvironment) -> DataStream:
        return (
            _stream(env, _files(self.path), f"lines of {self.path.name}")
            .set_parallelism(1)
            .key_by(_one_key, Types.INT())
            .process(NumberedLines(self.found.totals, self.found.last_line))
            .set_parallelism(1)
            .name("sentences")
            .uid("numbered lines")
        )


@dataclass(frozen=True)
class WatchedFolder:
    """A folder: each file that appears in it is read once.

    Args:
        path: The folder. Move files into it when they are complete.
    """

    path: Path
    found: None = None

    def read(self, env: StreamExecutionEnvironment) -> DataStream:
        return _parsed(_stream(env, _files(self.path), f"files in {self.path.name}"))


@dataclass(frozen=True)
class KafkaTopic:
    """A topic of Kafka, from the group's last offsets on, else from the beginning.

    Args:
        servers: Addresses of brokers, with commas between them.
        topic: The topic.
        group: The consumer group.
        jar: The connector ``flink-sql-connector-kafka``. None: it is among Flink's libraries.
    """

    servers: str
    topic: str
    group: str
    jar: Path | None = None
    found: None = None

    def read(self, env: StreamExecutionEnvironment) -> DataStream:
        add_connector(env, self.jar)
        return _parsed(_stream(env, self._source(), f"topic {self.topic}"))

    def _source(self) -> KafkaSource:
        builder = (
            KafkaSource.builder()
            .set_bootstrap_servers(self.servers)
            .set_topics(self.topic)
            .set_group_id(self.group)
            .set_starting_offsets(
                KafkaOffsetsInitializer.committed_offsets(KafkaOffsetResetStrategy.EARLIEST)
            )
        )
        _read_values_as_text(builder)
        return builder.build()


def _read_values_as_text(builder: KafkaSourceBuilder) -> None:
    """As SimpleStringSchema does, which stops the job at a record without a value."""
    jvm: Any = get_gateway().jvm
    kafka = "org.apache.flink.kafka.shaded.org.apache.kafka.common.serialization"
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    text = loader.loadClass(f"{kafka}.StringDeserializer")
    reader = jvm.org.apache.flink.connector.kafka.source.reader.deserializer
    schema = reader.KafkaRecordDeserializationSchema.valueOnly(
        text, {"value.deserializer.encoding": BYTES}
    )
    # PyFlink has no method for the deserializers that come with Kafka.
    j_builder: Any = builder._j_builder
    j_builder.setDeserializer(schema)


class NumberedLines(KeyedProcessFunction):
    """Parses lines and counts them; the count is state, so it survives a failure.

    Args:
        totals: Sentences of each review.
        last_line: The last line to parse; those behind it are dropped.
    """

    def __init__(self, totals: dict[str, int], last_line: int) -> None:
        self._totals = totals
        self._last_line = last_line

    def open(self, runtime_context: RuntimeContext) -> None:
        self._count = runtime_context.get_state(ValueStateDescriptor("lines", Types.LONG()))

    def process_element(self, value: str, ctx: Any) -> Any:
        number = (self._count.value() or 0) + 1
        self._count.update(number)
        if number > self._last_line:
            return
        for item in parse_line(value, number):
            if isinstance(item, Sentence):
                item = item.model_copy(update={"total": self._totals.get(item.review)})
            yield item


def _files(path: Path) -> FileSource:
    """The lines of a file, or of the files that are or appear in a folder; never ends."""
    lines = StreamFormat.text_line_format(BYTES)
    files = FileSource.for_record_stream_format(lines, str(path))
    return files.monitor_continuously(Duration.of_seconds(1)).build()


def _stream(env: StreamExecutionEnvironment, source: Any, name: str) -> DataStream:
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), name, Types.STRING())
    # By this name a savepoint finds what has been read.
    return stream.uid("source")


def _parsed(lines: DataStream) -> DataStream:
    return lines.flat_map(parse_line).name("sentences")


def _one_key(line: str) -> int:
    return 0
