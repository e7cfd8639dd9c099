"""From lines to sentences: whatever a line holds, it never stops the job.

A line is TSV (``17_3 <tab> rating <tab> text``) or JSON, which begins with a brace: a sentence
``{"review", "sentence", "text", "rating"?, "total"?}``, or a whole review
``{"review", "sentences": [text or {"text", "rating"?}, ...]}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from examples.product_reviews.schema import Rejected, ReviewId, Sentence

#: Flink reads lines in this encoding, in which a character is a byte: what is no valid UTF-8
#: arrives as it is, and can be told from what is.
BYTES = "ISO-8859-1"
_SHOWN = 200


class _Said(BaseModel):
    text: str
    rating: Any = None


class _WholeReview(BaseModel):
    review: ReviewId
    sentences: Annotated[list[str | _Said], Field(min_length=1)]


def parse_line(line: str | None, number: int | None = None) -> list[Sentence | Rejected]:
    """The sentences of a line, and what of it had to be rejected.

    Args:
        line: The line, in which each character stands for a byte. None: a record of a topic that
            has no value.
        number: Its number in the file, from 1.
    """
    if line is None:
        return [_rejected("", number, "record without a value")]
    try:
        text = line.encode(BYTES).decode("utf-8").removeprefix("\ufeff").strip("\r\n")
    except UnicodeDecodeError as error:
        reason = f"not valid UTF-8: byte {line.encode(BYTES)[error.start]:#04x} at {error.start}"
        return [_rejected(line, number, reason)]
    try:
        if not text.strip():
            return [_rejected("", number, "empty line")]
        if text.lstrip().startswith("{"):
            return list(_from_json(text, number))
        return [_from_tsv(text, number)]
    except ValidationError as error:
        return [_rejected(text, number, _explained(error))]
    except ValueError as error:
        return [_rejected(text, number, str(error))]


def _from_tsv(text: str, number: int | None) -> Sentence:
    columns = text.split("\t")
    if len(columns) != 3:
        raise ValueError(
            f"{len(columns)} tab-separated columns instead of 3: id, rating, text; or JSON"
        )
    identity, rating, said = columns
    review, _, sentence = identity.strip().rpartition("_")
    if not review or not sentence.isdecimal():
        raise ValueError(f"the id {identity[:40]!r} is not REVIEW_SENTENCE, as in 17_3")
    return _sentence(review, sentence, said, rating.strip() or None, None, number)


def _from_json(text: str, number: int | None) -> Iterator[Sentence | Rejected]:
    try:
        whole = _WholeReview.model_validate_json(text)
    except ValidationError as error:
        if any(
            problem["loc"] == ("sentences",) and problem["type"] == "missing"
            for problem in error.errors(include_input=False)
        ):
            yield Sentence.model_validate_json(text).model_copy(update={"line": number})
            return
        raise
    found: list[Sentence | Rejected] = []
    for position, item in enumerate(whole.sentences, 1):
        said = item if isinstance(item, _Said) else _Said(text=item)
        try:
            found.append(_sentence(whole.review, position, said.text, said.rating, None, number))
        except ValidationError as error:
            found.append(_rejected(said.text, number, _explained(error), whole.review, position))
    total = sum(isinstance(item, Sentence) for item in found)
    for item in found:
        yield item.model_copy(update={"total": total}) if isinstance(item, Sentence) else item


def _sentence(
    review: str, sentence: Any, text: str, rating: Any, total: int | None, line: int | None
) -> Sentence:
    # Validated, so texts that stand for numbers become numbers.
    return Sentence.model_validate(
        {
            "review": review,
            "sentence": sentence,
            "text": text,
            "rating": rating,
            "total": total,
            "line": line,
        }
    )


def _explained(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}".removeprefix(": ")
        for problem in problems[:3]
    )


def _rejected(
    text: str,
    line: int | None,
    reason: str,
    review: str | None = None,
    sentence: int | None = None,
) -> Rejected:
    return Rejected(
        what="line", reason=reason, line=line, review=review, sentence=sentence, text=text[:_SHOWN]
    )


@dataclass(frozen=True)
class Scan:
    """What a file holds.

    Attributes:
        totals: Sentences of each review, by which the job knows that a review is finished.
        sentences: All sentences.
        rejected: What of it is rejected.
        last_line: The last line that is to be read.
    """

    totals: dict[str, int]
    sentences: int
    rejected: int
    last_line: int


def scan(path: Path, limit: int | None = None) -> Scan:
    """Go through a file once, line by line; only the totals are kept.

    Args:
        path: The file.
        limit: Stop with the line that holds this many sentences, together with those before.
    """
    totals: Counter[str] = Counter()
    sentences = rejected = number = 0
    # Python's universal newlines are those of the reader that Flink uses.
    with open(path, encoding=BYTES) as lines:
        for number, line in enumerate(lines, 1):
            for item in parse_line(line, number):
                if isinstance(item, Sentence):
                    totals[item.review] += 1
                    sentences += 1
                else:
                    rejected += 1
            if limit is not None and sentences >= limit:
                break
    return Scan(dict(totals), sentences, rejected, number)
