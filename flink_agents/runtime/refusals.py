"""What becomes of elements that cannot be kept in state."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from typing import Any

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.event import InputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.effects import SendDeadLetter
from flink_agents.exceptions import ActionError, NotStorableError
from flink_agents.runtime.dead_letter import DeadLetter
from flink_agents.runtime.host import Host
from flink_agents.runtime.services import Services

logger = logging.getLogger(__name__)


class Refusals:
    """Treats elements that cannot be kept as the job's strategy says.

    Args:
        services: With the strategy, the codec and the metrics.
        host: Takes dead letters.
    """

    def __init__(self, services: Services, host: Host) -> None:
        self._agent = services.plan.agent
        self._strategy = services.policy.strategy
        self._codec = services.codec
        self._metrics = services.metrics
        self._host = host

    def can_be_kept(self, key: Hashable, value: Any) -> bool:
        """Whether an element can be kept until its turn; if not, it is refused.

        Raises:
            ActionError: If it cannot, and the strategy is to fail.
        """
        try:
            self._codec.dumps(value)
        except NotStorableError as error:
            self.refuse(key, value, error)
            return False
        return True

    def refuse(self, key: Hashable, value: Any, error: NotStorableError) -> None:
        """Send an element to the dead letters, ignore it, or fail.

        Raises:
            ActionError: If the strategy is neither of the first two.
        """
        name = f"input of agent {self._agent}"
        if self._strategy is ErrorHandlingStrategy.DEAD_LETTER:
            letter = SendDeadLetter(name, InputEvent(input=value), value, error, 0)
            self._host.dead_letter(DeadLetter.of(key, letter))
        elif self._strategy is ErrorHandlingStrategy.IGNORE:
            self._metrics.agent.get_counter("numOfErrorsIgnored").inc()
            logger.warning("Key %r: ignored an input element: %s", key, error)
        else:
            failure = ActionError(f"The {name} for key {key!r} cannot be kept in state: {error}")
            raise failure from error


def is_storable(codec: Codec, value: Any) -> bool:
    """Whether a value can be kept in state."""
    try:
        codec.dumps(value)
    except NotStorableError:
        return False
    return True


__all__ = ["Refusals", "is_storable"]
