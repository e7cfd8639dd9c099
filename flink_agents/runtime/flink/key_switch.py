"""Switch the current key of a keyed PyFlink function, in thread mode and in process mode.

PyFlink sets the current key before every element and every timer, and offers no public way
to move to another one. A host that applies finished calls of many keys from one timer needs
to. All knowledge of PyFlink internals that this takes is in this file;
`tests/flink/test_key_switch.py` fails when a PyFlink release changes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NewType

from pyflink.version import __version__ as _PYFLINK_VERSION

from flink_agents.exceptions import EnvironmentSetupError

KeyHandle = NewType("KeyHandle", object)
"""An opaque reference to a key: valid while its operator runs, never to be stored or shipped."""


class KeySwitchUnavailableError(EnvironmentSetupError):
    """The installed PyFlink, or the way the job runs, does not allow switching the key."""


class KeySwitch:
    """Reads and sets the current key of one keyed function instance.

    After `switch`, keyed state and timers belong to the new key until the next `switch` or
    until the function returns; PyFlink sets the key anew before the next element or timer, so
    going back is only needed when the rest of the same callback works on the first key.

    `ctx.get_current_key()` follows the switch in some of PyFlink's contexts only: code that
    switches keys should keep the Python key next to the handle.

    Only the thread that runs `process_element` and `on_timer` may call it.

    Attributes:
        current: Returns a `KeyHandle` of the current key. The handle stays usable for as long
            as the operator runs, from any later callback.
        switch: Makes the key of a `KeyHandle` the current one.
    """

    __slots__ = ("current", "switch")

    current: Callable[[], KeyHandle]
    switch: Callable[[KeyHandle], None]

    def __init__(
        self, current: Callable[[], KeyHandle], switch: Callable[[KeyHandle], None]
    ) -> None:
        # Callables instead of methods: in thread mode they may be the Java methods themselves,
        # and one Python frame less per call counts at tens of thousands of calls a second.
        self.current = current
        self.switch = switch

    @classmethod
    def of(cls, runtime_context: Any) -> KeySwitch:
        """Build the switch for a function; call it in the function's `open`.

        Args:
            runtime_context: The `RuntimeContext` that PyFlink passes to `open`.

        Returns:
            The switch for this function instance.

        Raises:
            KeySwitchUnavailableError: The function is not keyed, the job runs in batch
                execution mode, or this PyFlink keeps its key elsewhere.
        """
        try:
            backend = _keyed_state_backend(runtime_context)
            if backend is None:
                raise KeySwitchUnavailableError(
                    "The key cannot be switched: the function is not keyed. "
                    "Apply it to a stream after key_by()."
                )
            if _is_batch(runtime_context, backend):
                raise KeySwitchUnavailableError(
                    "The key cannot be switched in batch execution mode, where Flink holds the "
                    "state of one key at a time. Set 'execution.runtime-mode: STREAMING'; "
                    "a bounded input still ends the job."
                )
            # A Java object behind the wrapper means thread mode.
            java_backend = getattr(backend, "_keyed_state_backend", None)
            if java_backend is not None:
                return cls(java_backend.getCurrentKey, java_backend.setCurrentKey)
            return cls(backend.get_current_key, backend.set_current_key)
        except AttributeError as error:
            raise KeySwitchUnavailableError(
                f"The key cannot be switched with PyFlink {_PYFLINK_VERSION}: {error}. "
                "This release was written for PyFlink 2.3; install apache-flink 2.3.0 "
                "or a release of flink_agents that supports yours."
            ) from error


def _keyed_state_backend(runtime_context: Any) -> Any:
    """The object that holds the current key: a Java wrapper (thread) or a stub (process)."""
    return runtime_context._keyed_state_backend


def _is_batch(runtime_context: Any, backend: Any) -> bool:
    java_backend = getattr(backend, "_keyed_state_backend", None)
    if java_backend is None:
        return bool(runtime_context._in_batch_execution_mode)
    return "BatchExecution" in java_backend.getClass().getSimpleName()
