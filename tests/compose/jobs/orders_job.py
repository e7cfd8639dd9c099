"""The job of the tests: from a topic of orders by an agent with a model to a topic of answers.

    flink run -d -py orders_job.py --orders TOPIC --answers TOPIC

An order is ``{"key": ..., "number": ..., "call": ...}``, numbered from 1 for each key. The agent
counts the orders of a key in its memory: an answer with a count other than its number tells of
memory that was lost or used twice; one that is no digest of its question, of mixed-up answers.
"""

from __future__ import annotations

import argparse
import json
import time

from pyflink.common import Types
from pyflink.common.serialization import SimpleStringSchema
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.base import DeliveryGuarantee
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.core_options import (
    AgentConfigOptions,
    AgentExecutionOptions,
    ErrorHandlingStrategy,
)
from flink_agents.api.decorators import action
from flink_agents.api.duration import Seconds
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext


class OrderDesk(Agent):
    """Asks the model about each order; keyed by customer.

    Args:
        model_url: Where the model server is, ending in ``/v1``.
    """

    def __init__(self, model_url: str) -> None:
        super().__init__()
        connection = ResourceDescriptor(
            clazz=Constant.OPENAI_CHAT_MODEL_CONNECTION,
            api_key="${env:OPENAI_API_KEY}",
            api_base_url=model_url,
            timeout=3.0,
            max_retries=1,
        )
        setup = ResourceDescriptor(
            clazz=Constant.OPENAI_CHAT_MODEL_SETUP, connection="server", model="order-model"
        )
        self.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, connection)
        self.add_resource("model", ResourceType.CHAT_MODEL, setup)

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        order = json.loads(event.input)
        order["count"] = (ctx.short_term_memory.get("count") or 0) + 1
        ctx.short_term_memory.set("count", order["count"])
        ctx.sensory_memory.set("order", order)
        question = ChatMessage(content=json.dumps(order))
        ctx.send_event(ChatRequestEvent(model="model", messages=[question]))

    @action(ChatResponseEvent)
    @staticmethod
    def answer(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        order = ctx.sensory_memory.get("order")
        answer = {**order, "text": event.response.content, "answered_at": time.time()}
        ctx.send_event(OutputEvent(output=json.dumps(answer)))


def main() -> None:
    """Submit the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kafka", default="kafka:9092", help="addresses of brokers")
    parser.add_argument("--orders", required=True, help="the topic to read, from its beginning")
    parser.add_argument("--answers", required=True, help="the topic to write")
    parser.add_argument("--model-url", default="http://model-server:8000/v1")
    parser.add_argument("--parallelism", type=int, default=4)
    parser.add_argument("--max-in-flight", type=int, default=1000, help="calls of each subtask")
    parser.add_argument("--interval", type=int, default=1000, help="of checkpoints, in ms")
    options = parser.parse_args()

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(options.parallelism)
    env.enable_checkpointing(options.interval)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    config = agents.get_config()
    config.set(AgentExecutionOptions.MAX_IN_FLIGHT, options.max_in_flight)
    config.set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, ErrorHandlingStrategy.RETRY)
    config.set(AgentConfigOptions.MAX_RETRIES, 20)
    config.set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Seconds(0.5))
    config.set(AgentConfigOptions.RETRY_MAX_WAIT, Seconds(2.0))

    source = orders_source(options.kafka, options.orders)
    orders = env.from_source(
        source, WatermarkStrategy.no_watermarks(), "orders", Types.STRING()
    ).uid("orders")
    answers = (
        agents.from_datastream(orders, lambda order: json.loads(order)["key"])
        .apply(OrderDesk(options.model_url))
        .to_datastream(Types.STRING())
    )
    answers.sink_to(answers_sink(options.kafka, options.answers)).name("answers").uid("answers")
    agents.execute(options.orders)


def orders_source(kafka: str, topic: str) -> KafkaSource:
    """A topic from its beginning on."""
    return (
        KafkaSource.builder()
        .set_bootstrap_servers(kafka)
        .set_topics(topic)
        .set_group_id(f"job-{topic}")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )


def answers_sink(kafka: str, topic: str) -> KafkaSink:
    """A topic that is written in transactions, which end with checkpoints."""
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(topic)
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(kafka)
        .set_record_serializer(serializer)
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .set_transactional_id_prefix(topic)
        .set_property("transaction.timeout.ms", "600000")
        .build()
    )


if __name__ == "__main__":
    main()
