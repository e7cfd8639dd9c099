"""Finding the JSON value in the text that a model answered."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

_FENCE = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)


class NoJsonError(ValueError):
    """A text without a usable JSON value; says why."""


def json_candidates(text: str) -> list[str]:
    """The JSON values that an answer may mean, as they are written there.

    An answer that is JSON as a whole is the one candidate. Else the fenced blocks are, if any of
    them is JSON, else every JSON object that stands in the text. An object inside of a damaged
    one is never taken for the answer.

    Args:
        text: The answer of a model, of any length.

    Returns:
        One or more JSON texts, in the order of the answer.

    Raises:
        NoJsonError: If there is none.
    """
    whole = text.strip()
    if not whole:
        raise NoJsonError("the answer is empty")
    problem: str | None = None
    if whole[0] in "{[":
        problem = json_problem(whole)
        if problem is None:
            return [whole]
    fenced = [block.strip() for block in _FENCE.findall(whole)]
    found = [block for block in fenced if json_problem(block) is None]
    if found:
        return found
    problems: list[str] = [] if problem is None else [problem]
    found = list(_objects(whole, problems))
    if found:
        return found
    raise NoJsonError(problems[0] if problems else "there is no JSON object in it")


def json_problem(text: str) -> str | None:
    """Why a text is not one JSON value, or None if it is one."""
    try:
        _DECODER.decode(text)
    except RecursionError:
        return "the JSON is nested too deeply"
    except json.JSONDecodeError as error:
        return f"invalid JSON: {error.msg} at character {error.pos}"
    except ValueError as error:
        return f"invalid JSON: {error}"
    return None


def _objects(text: str, problems: list[str]) -> Iterator[str]:
    start = text.find("{")
    while start >= 0:
        if text.startswith("{{", start):
            # Some models double the braces, as templates do; the inner one may be the object.
            start += 1
            continue
        end = _closing_brace(text, start)
        if end is None:
            problems.append(f"the JSON object at character {start} does not end")
            return
        candidate = text[start:end]
        problem = json_problem(candidate)
        if problem is None:
            yield candidate
        else:
            problems.append(problem)
        start = text.find("{", end)


_BRACE_OR_STRING = re.compile(r'[{}]|"(?:[^"\\]|\\.)*"', re.DOTALL)


def _closing_brace(text: str, start: int) -> int | None:
    """Index behind the brace that closes the one at ``start``; braces in strings do not count."""
    depth = 0
    for match in _BRACE_OR_STRING.finditer(text, start):
        if match.group() == "{":
            depth += 1
        elif match.group() == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is out of range")
    return number


_DECODER: json.JSONDecoder = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite_float
)

__all__ = ["NoJsonError", "json_candidates", "json_problem"]
