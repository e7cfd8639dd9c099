"""A call of Anthropic's API, for the errors it may end with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.anthropic.anthropic_models import SAMPLING
from flink_agents.integrations.chat_models.model_call import ModelCall, Provider

ANTHROPIC: Final = Provider(
    name="Anthropic",
    server="a server of the Messages API",
    url="api_base_url, to which /v1/messages is added",
    key="api_key or ANTHROPIC_API_KEY",
    retries="max_retries",
)

#: The status that an error of each kind has, where it comes without one: in a stream.
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

_OVERLOADED = 529

_SAMPLING_NAME = re.compile("|".join(rf"\b{name}\b" for name in sorted(SAMPLING)))


@dataclass(frozen=True)
class AnthropicCall(ModelCall):
    """A call whose errors are told in Anthropic's form."""

    def reported_error(self, report: Any) -> ModelError:
        """An error that came in place of an answer with the status 200, or in a stream."""
        details = _mapping(report)
        error = _mapping(details.get("error"))
        status = _STATUS.get(str(error.get("type")))
        if status is None:
            return super().reported_error(error or report)
        request_id = details.get("request_id")
        return self.status_error(
            status, report, request_id=request_id if isinstance(request_id, str) else None
        )

    def _unavailable_advice(self, status: int, details: Mapping[str, Any]) -> str:
        if status == _OVERLOADED:
            return "The service is overloaded: raise max_retries, or try again later."
        return super()._unavailable_advice(status, details)

    def _request_advice(self, status: int, details: Mapping[str, Any]) -> str:
        if status == 402:
            return "Check the account's billing."
        said = str(_mapping(details.get("error")).get("message"))
        if status == 400 and (named := _SAMPLING_NAME.search(said)):
            return f"To leave it out, set additional_kwargs={{{named[0]!r}: None}}."
        if status == 413:
            return "Shorten the conversation, or send images by their URL."
        return super()._request_advice(status, details)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


__all__ = ["ANTHROPIC", "AnthropicCall"]
