"""What is wrong with a value, said so briefly that a model can correct itself."""

from __future__ import annotations

from pydantic import ValidationError

#: Problems that are told; a model that got more than these wrong starts over anyway.
_MAX_PROBLEMS = 5
_MAX_VALUE_CHARS = 60


def explain(error: ValidationError) -> str:
    """The problems that pydantic found, each as ``where: what (got value)``, in one line.

    Args:
        error: The failed validation.

    Returns:
        At most five problems, values cut to 60 characters, characters that cannot be printed
        escaped.
    """
    problems = error.errors(include_url=False, include_context=False)
    told = [
        _explain_one(problem["loc"], problem["msg"], problem["type"], problem["input"])
        for problem in problems[:_MAX_PROBLEMS]
    ]
    if len(problems) > _MAX_PROBLEMS:
        told.append(f"and {len(problems) - _MAX_PROBLEMS} more")
    return "; ".join(told)


def _explain_one(location: tuple[int | str, ...], message: str, kind: str, value: object) -> str:
    where = ".".join(str(part) for part in location)
    where = f"{where}: " if where else ""
    message = message[:1].lower() + message[1:]
    if kind in ("missing", "json_invalid"):
        return where + message
    return f"{where}{message} (got {shortened(value, _MAX_VALUE_CHARS)})"


def shortened(value: object, limit: int) -> str:
    """``repr`` of a value, cut after ``limit`` characters and free of unprintable ones."""
    try:
        # Cut before and after: the repr of a text of megabytes is not worth building.
        text = repr(value[: limit + 1] if isinstance(value, (str, bytes)) else value)
    except Exception:
        # An int of more than 4300 digits, or an object whose own repr fails.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit + 2 else f"{text[:limit]}..."
