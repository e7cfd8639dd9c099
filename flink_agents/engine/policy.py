"""What is done about errors."""

from __future__ import annotations

from dataclasses import dataclass

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.exceptions import (
    EnvironmentSetupError,
    ModelRequestError,
    NotStorableError,
    OutputSchemaError,
    PlanError,
    ReplayMismatchError,
    StateFormatError,
    ToolRoundsError,
    UnhandledEventError,
)

#: Errors that another attempt would meet again: it is given the same event, and finished calls
#: answer as they did.
_LASTING = (
    EnvironmentSetupError,
    ModelRequestError,
    NotStorableError,
    OutputSchemaError,
    PlanError,
    ReplayMismatchError,
    StateFormatError,
    ToolRoundsError,
    UnhandledEventError,
)
_RETRYING = (ErrorHandlingStrategy.RETRY, ErrorHandlingStrategy.DEAD_LETTER)


@dataclass(frozen=True)
class ErrorPolicy:
    """How failed actions are treated.

    Attributes:
        strategy: Fail the job at once; retry, then fail it; retry, then send the event to the
            dead letters; or ignore the error at once.
        max_retries: Further attempts after the first one, with ``RETRY`` and ``DEAD_LETTER``.
        wait: Seconds before the first retry; doubled for each further one.
        max_wait: Upper bound of the wait in seconds.
    """

    strategy: ErrorHandlingStrategy = ErrorHandlingStrategy.FAIL
    max_retries: int = 3
    wait: float = 1.0
    max_wait: float = 60.0

    def retry_delay(self, attempt: int, seed: int, error: Exception) -> float | None:
        """Seconds until the attempt after this one, or None if there is to be none.

        Args:
            attempt: The attempt that failed, from 1.
            seed: Any number that differs between tasks. It spreads their retries by up to a half
                of the wait, and gives the same delay when a failure is replayed.
            error: What the attempt failed with. One that would come again is not retried.
        """
        if self.strategy not in _RETRYING or isinstance(error, _LASTING):
            return None
        if attempt > self.max_retries:
            return None
        # Beyond 2^1023 a float would overflow, and the bound has long been reached.
        wait = min(self.wait * 2.0 ** min(attempt - 1, 1000), self.max_wait)
        return wait * (1.0 - (seed * 2654435761 % 1024) / 2048)
