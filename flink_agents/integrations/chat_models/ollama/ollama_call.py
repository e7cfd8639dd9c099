"""What the errors of an Ollama server tell, and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flink_agents.exceptions import ModelError, ModelRequestError, ModelUnavailableError
from flink_agents.integrations.chat_models.model_call import ModelCall, Provider

OLLAMA: Final = Provider(
    name="Ollama",
    server="an Ollama server",
    url="base_url, which is the server's root without /api or /v1",
    key="the environment variable OLLAMA_API_KEY and the user and password in base_url",
    timeout="request_timeout",
)

#: What the server says, with the status 500, about requests that can never succeed.
_FAULTS_OF_REQUESTS = ("invalid JSON schema in format", "must be of type")


class ThinkingNotSupportedError(ModelRequestError):
    """The model cannot think, and was asked to."""


@dataclass(frozen=True)
class OllamaCall(ModelCall):
    """A call of a model of Ollama."""

    def connection_error(self, cause: BaseException, attempts: int = 1) -> ModelUnavailableError:
        """The server was not reached, or the connection broke."""
        failure = super().connection_error(cause, attempts)
        return ModelUnavailableError(f"{failure} To start it: ollama serve")

    def status_error(
        self, status: int, body: Any, *, request_id: str | None = None, attempts: int = 1
    ) -> ModelError:
        """The server answered with an error."""
        failure = super().status_error(status, body, request_id=request_id, attempts=attempts)
        said = _said(body)
        if status == 400 and "does not support thinking" in said:
            return ThinkingNotSupportedError(str(failure))
        if status == 500 and any(fault in said for fault in _FAULTS_OF_REQUESTS):
            return ModelRequestError(str(failure))
        return failure

    def _unavailable_advice(self, status: int, details: Mapping[str, Any]) -> str:
        if status == 503 and "maximum pending requests" in _said(details):
            return (
                "Lower max-in-flight, or raise OLLAMA_MAX_QUEUE (default 512) in the server's "
                "environment."
            )
        if any(fault in _said(details) for fault in _FAULTS_OF_REQUESTS):
            return self._request_advice(status, details)
        return super()._unavailable_advice(status, details)

    def _request_advice(self, status: int, details: Mapping[str, Any]) -> str:
        said = _said(details)
        if status == 404 and "not found" in said and "page" not in said:
            return f"Check the name of the model. To download it: ollama pull {self.model}"
        if "does not support thinking" in said:
            return "Set think=False in the chat model setup, or leave think at its default."
        if "think value" in said:
            return "Set think=True: only a few models know levels of thinking."
        if "does not support tools" in said:
            return "Remove the tools from the chat model setup, or choose a model that knows tools."
        return super()._request_advice(status, details)


def _said(body: Any) -> str:
    return str(body.get("error", "")) if isinstance(body, Mapping) else str(body or "")


__all__ = ["OLLAMA", "OllamaCall", "ThinkingNotSupportedError"]
