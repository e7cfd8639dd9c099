"""Where results go: to files, or to a topic of Kafka."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pyflink.common import Types
from pyflink.common.serialization import Encoder, SimpleStringSchema
from pyflink.datastream import DataStream
from pyflink.datastream.connectors.base import DeliveryGuarantee
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    OutputFileConfig,
    RollingPolicy,
)
from pyflink.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink

from examples.product_reviews.kafka_connector import add_connector
from examples.product_reviews.schema import FOLDERS


class Sink(Protocol):
    """Where results go."""

    def write(self, records: DataStream) -> None:
        """Take results: pairs of the folder that they belong to and their JSON text."""
        ...


@dataclass(frozen=True)
class ResultFiles:
    """Files of JSON lines, which appear with each checkpoint.

    Args:
        output: Folder of the folders that they are in.
    """

    output: Path

    def write(self, records: DataStream) -> None:
        for folder in FOLDERS:
            lines = records.filter(partial(_is_in, folder)).map(_json_of, Types.STRING())
            lines.sink_to(self._sink(folder)).name(folder).uid(f"files of {folder}")

    def _sink(self, folder: str) -> FileSink:
        return (
            FileSink.for_row_format(str(self.output / folder), Encoder.simple_string_encoder())
            .with_output_file_config(
                OutputFileConfig.builder()
                .with_part_prefix("part")
                .with_part_suffix(".jsonl")
                .build()
            )
            .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
            .with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
            .build()
        )


@dataclass(frozen=True)
class ResultTopic:
    """A topic of Kafka, written in transactions that end with each checkpoint.

    Each result is a JSON text with its folder as ``kind``. A consumer with
    ``isolation.level=read_committed`` sees each exactly once.

    Args:
        servers: Addresses of brokers, with commas between them.
        topic: The topic.
        transactional_id: How the ids of the transactions begin: the same after each restart of the
            job, and not that of another job.
        transaction_timeout: Seconds after which the brokers give up a transaction, its results
            with it: more than the job may ever be down, and not above their own maximum.
        jar: The connector ``flink-sql-connector-kafka``. None: it is among Flink's libraries.
    """

    servers: str
    topic: str
    transactional_id: str
    transaction_timeout: float
    jar: Path | None = None

    def write(self, records: DataStream) -> None:
        add_connector(records.get_execution_environment(), self.jar)
        texts = records.map(_with_kind, Types.STRING()).name("as JSON")
        texts.sink_to(self._sink()).name(f"topic {self.topic}").uid("results")

    def _sink(self) -> KafkaSink:
        return (
            KafkaSink.builder()
            .set_bootstrap_servers(self.servers)
            .set_record_serializer(
                KafkaRecordSerializationSchema.builder()
                .set_topic(self.topic)
                .set_value_serialization_schema(SimpleStringSchema())
                .build()
            )
            .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .set_transactional_id_prefix(self.transactional_id)
            .set_property("transaction.timeout.ms", str(int(self.transaction_timeout * 1000)))
            .build()
        )


def _is_in(folder: str, record: tuple[str, str]) -> bool:
    return record[0] == folder


def _json_of(record: tuple[str, str]) -> str:
    return record[1]


def _with_kind(record: tuple[str, str]) -> str:
    kind, text = record
    return json.dumps({"kind": kind, **json.loads(text)}, ensure_ascii=False)
