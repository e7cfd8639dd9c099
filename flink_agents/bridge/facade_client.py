"""A py4j connection to the one facade that a JVM of the bridge serves.

py4j's ``JavaGateway`` can do more than the JVM allows, so of py4j only the connection and the form
of a call are used.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from py4j import protocol
from py4j.java_gateway import GatewayConnection, GatewayParameters


class BridgeCallError(RuntimeError):
    """A method of the facade raised."""


class _QuietConnection(GatewayConnection):
    """py4j's own logs each command, in which are the token and the keys of models."""

    socket: socket.socket
    stream: Any

    def start(self) -> None:
        self.socket.connect((self.address, self.port))
        # Requests are written at once; the end of a long one must not wait for an answer.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        self.is_connected = True

    def send_command(self, command: str) -> str:
        self.socket.sendall(command.encode())
        answer: bytes = self.stream.readline()
        if not answer.endswith(b"\n"):
            raise ConnectionResetError("the connection was closed")
        return answer[:-1].decode().removeprefix(protocol.RETURN_MESSAGE)


class FacadeClient:
    """One connection; for one thread at a time.

    Args:
        port: Of the JVM's server on this machine.
        token: What the server asks for.
        timeout: Seconds without an answer after which the JVM counts as dead.

    Raises:
        ConnectionError: If the server is not there or refuses the token.
    """

    def __init__(self, port: int, token: str, timeout: float) -> None:
        parameters = GatewayParameters(address="127.0.0.1", port=port, read_timeout=timeout)
        self._connection = _QuietConnection(parameters)
        try:
            self._connection.start()
            answer = self._connection.send_command(f"{protocol.AUTH_COMMAND_NAME}\n{token}\n")
        except OSError as error:
            self.close()
            raise ConnectionError(f"The JVM of the bridge cannot be reached: {error}") from None
        if protocol.is_error(answer)[0]:
            self.close()
            raise ConnectionError(f"The JVM of the bridge refused: {answer[2:]}")

    def call(self, method: str, *arguments: str | int) -> str | None:
        """Call a method of the facade.

        Args:
            method: Its name.
            *arguments: Texts and whole numbers.

        Raises:
            ConnectionError: If the JVM does not answer any more.
            BridgeCallError: If the method raised.
        """
        parts = "".join(protocol.get_command_part(argument) for argument in arguments)
        command = (
            f"{protocol.CALL_COMMAND_NAME}{protocol.ENTRY_POINT_OBJECT_ID}\n{method}\n"
            f"{parts}{protocol.END_COMMAND_PART}"
        )
        try:
            answer = self._connection.send_command(command)
        except (OSError, ValueError) as error:
            raise ConnectionError(f"The JVM of the bridge does not answer: {error}") from None
        if protocol.is_error(answer)[0]:
            raise BridgeCallError(protocol.unescape_new_line(answer[2:]))
        return protocol.get_return_value(answer, None)

    def close(self) -> None:
        """End the connection, also under a call of another thread."""
        with contextlib.suppress(Exception):
            self._connection.close()

    def forget(self) -> None:
        """Give up, in a forked child, the socket of the parent without a word to the JVM."""
        with contextlib.suppress(OSError):
            self._connection.socket.close()


__all__ = ["BridgeCallError", "FacadeClient"]
