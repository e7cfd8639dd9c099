"""Flink's connector for Kafka: that it is there, and that the brokers have what the job needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from py4j.java_gateway import JavaClass
from py4j.protocol import Py4JJavaError
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

from examples.product_reviews.problems import CONNECTOR_MISSING, UserError

#: Seconds that the brokers have to answer.
_PATIENCE = 15
_MAXIMUM = "transaction.max.timeout.ms"


def add_connector(env: StreamExecutionEnvironment, jar: Path | None) -> None:
    """Make the connector known to a job.

    Args:
        env: The environment of the job.
        jar: The connector. None: it is among Flink's libraries.

    Raises:
        UserError: If it is not there, or the jar is another.
    """
    if jar is not None:
        env.add_jars(jar.resolve().as_uri())
    jvm: Any = get_gateway().jvm
    if not isinstance(jvm.org.apache.flink.connector.kafka.source.KafkaSource, JavaClass):
        wrong = f"{jar} is not Flink's Kafka connector. " if jar else ""
        raise UserError(wrong + CONNECTOR_MISSING)


def check_brokers(
    servers: str, topics: Sequence[str], transaction_timeout: float | None = None
) -> None:
    """Find out here what would make the job fail again and again. After `add_connector`.

    Args:
        servers: Addresses of brokers, with commas between them.
        topics: Topics that must be there.
        transaction_timeout: Seconds that a transaction may take. None: there are none.

    Raises:
        UserError: If the brokers cannot be reached, or do not have or allow that.
    """
    jvm: Any = get_gateway().jvm
    kafka = jvm.org.apache.flink.kafka.shaded.org.apache.kafka
    properties = jvm.java.util.Properties()
    properties.setProperty("bootstrap.servers", servers)
    properties.setProperty("default.api.timeout.ms", str(_PATIENCE * 1000))
    properties.setProperty("request.timeout.ms", str(_PATIENCE * 1000))
    try:
        admin = kafka.clients.admin.Admin.create(properties)
        try:
            present = admin.listTopics().names().get()
            maximum = None if transaction_timeout is None else _longest_transaction(kafka, admin)
        finally:
            admin.close()
    except Py4JJavaError as error:
        raise UserError(
            f"The brokers at {servers} cannot be used ({_cause(error)}). Check the address, and "
            "that they advertise one that can be reached from here."
        ) from error
    if missing := [topic for topic in topics if not present.contains(topic)]:
        raise UserError(
            f"The brokers at {servers} have no topic {' and no topic '.join(missing)}. "
            "Check the name, or make it: kafka-topics.sh --create."
        )
    if maximum is not None and transaction_timeout is not None and transaction_timeout > maximum:
        raise UserError(
            f"--transaction-timeout {transaction_timeout:g}: the brokers at {servers} allow "
            f"{maximum:g} seconds at most ({_MAXIMUM})."
        )


def _longest_transaction(kafka: Any, admin: Any) -> float:
    """Seconds, as the brokers are configured."""
    jvm: Any = get_gateway().jvm
    node = admin.describeCluster().nodes().get().iterator().next()
    resource = kafka.common.config.ConfigResource
    broker = resource(resource.Type.BROKER, node.idString())
    described = admin.describeConfigs(jvm.java.util.Collections.singleton(broker)).all().get()
    return int(described.get(broker).get(_MAXIMUM).value()) / 1000


def _cause(error: Py4JJavaError) -> str:
    cause: Any = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return f"{cause.getClass().getSimpleName()}: {cause.getMessage()}"
