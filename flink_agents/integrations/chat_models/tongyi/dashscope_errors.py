"""What DashScope says when it refuses, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.model_call import ModelCall

#: Statuses of codes. In a stream all errors come with the same status.
_STATUSES = (
    (("Throttling", "LimitRequests"), 429),
    (("RequestTimeOut", "ResponseTimeout"), 408),
    (("InternalError", "ModelServiceFailed", "ModelServingError", "SystemError"), 500),
    (("ServiceUnavailable", "ModelUnavailable"), 503),
    (("InvalidApiKey",), 401),
    (("AccessDenied", "Model.AccessDenied"), 403),
    (("ModelNotFound",), 404),
)

#: What messages hold, and what helps.
_ADVICE = (
    (
        "enable_thinking",
        "Set extract_reasoning=True for a model that thinks, or additional_kwargs="
        "{'enable_thinking': False} to keep it from that, or None to leave the parameter out.",
    ),
    (
        "url error",
        "The model is at the other of DashScope's endpoints: set additional_kwargs="
        "{'multimodal': True}, or False if it is a model of text.",
    ),
    ("response_format", "To do without it, set additional_kwargs={'response_format': None}."),
    ("good standing", "Check the account's balance."),
)


def refusal(
    call: ModelCall, status: int, report: Mapping[str, Any] | str, *, streamed: bool = False
) -> ModelError:
    """The error that a refusal becomes.

    Args:
        call: Names the call.
        status: Of the answer.
        report: ``code``, ``message`` and ``request_id``; or what a gateway said.
        streamed: The status does not count, the code does.
    """
    if isinstance(report, str):
        return call.status_error(status, report)
    code, message = str(report.get("code") or ""), _message(report)
    if streamed and code == "Unknown":
        return call.output_error("a piece of it is no JSON", message)
    if streamed:
        status = next((s for starts, s in _STATUSES if code.startswith(starts)), 400)
    said = f"{code}: {message}" if code and message else message or code
    request_id = str(report.get("request_id") or "") or None
    if status == 400:
        for text, advice in _ADVICE:
            if text in message:
                named = f", request id {request_id}" if request_id else ""
                return call.request_error(f"status 400{named}: {said}", advice)
    return call.status_error(status, {"code": code, "message": said}, request_id=request_id)


def _message(report: Mapping[str, Any]) -> str:
    message = report.get("message")
    if isinstance(message, str) and message:
        return message
    error = report.get("error")
    if isinstance(error, Mapping):  # a gateway's, in OpenAI's form
        return str(cast("Mapping[str, Any]", error).get("message") or "")
    return str(error or report.get("detail") or "")


__all__ = ["refusal"]
