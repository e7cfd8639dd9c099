"""The data of the job: what goes in, between the agents, and out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

MAX_REASON = 80
MAX_SUGGESTION = 120
#: Characters; a longer text is no sentence, and would not fit the context of a small model.
MAX_SENTENCE = 2_000

#: Characters of the reason of a rejection, which may quote what a server has answered.
MAX_PROBLEM = 2_000

Rating = Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)]
ReviewId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(coerce_numbers_to_str=True),
]


def _shortened(limit: int) -> BeforeValidator:
    """A text that is a little too long is no reason to ask the model again."""

    def shorten(text: Any) -> Any:
        return text if not isinstance(text, str) or len(text) <= limit else text[: limit - 1] + "…"

    return BeforeValidator(shorten)


class Sentence(BaseModel):
    """One sentence of a review.

    Attributes:
        review: Id of the review; the key of the stream.
        sentence: Number of the sentence in its review, from 0 or 1.
        text: What it says, up to 2,000 characters.
        rating: The human rating, from -4 (very negative) to 4 (very positive), if there is one.
        total: Sentences of the review. None: its end is not known, so it gets no summary.
        line: Line of the input file, from 1, if the input is a file.
    """

    review: ReviewId
    sentence: Annotated[int, Field(ge=0)]
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SENTENCE)
    ]
    rating: Rating | None = None
    total: Annotated[int, Field(ge=1)] | None = None
    line: int | None = None


class Judgement(BaseModel):
    """What the model answers about a sentence.

    A small model is better at a word and a strength than at a number with a sign.
    """

    sentiment: Literal["positive", "negative", "neutral"]
    strength: Annotated[int, Field(ge=1, le=4)]
    reason: Annotated[str, _shortened(MAX_REASON), Field(max_length=MAX_REASON)]

    @property
    def score(self) -> int:
        """From -4 (very negative) to 4 (very positive)."""
        return {"positive": 1, "negative": -1, "neutral": 0}[self.sentiment] * self.strength


class Advice(BaseModel):
    """What the model answers about a low-rated review."""

    suggestion: Annotated[
        str, _shortened(MAX_SUGGESTION), Field(min_length=1, max_length=MAX_SUGGESTION)
    ]


class ModelCall(BaseModel):
    """What a call of the model took.

    Attributes:
        model: Name of the model.
        prompt_tokens: Tokens of the prompt, as the model counts them.
        completion_tokens: Tokens of the answer.
        asked_at: When it was asked, in seconds since 1970.
        answered_at: When its answer was applied.
    """

    model: str
    prompt_tokens: int
    completion_tokens: int
    asked_at: float
    answered_at: float


class JudgedSentence(BaseModel):
    """Result for a sentence: its score from -4 to 4, and why."""

    review: str
    sentence: int
    text: str
    rating: float | None
    score: int
    reason: str
    call: ModelCall


class ReviewSummary(BaseModel):
    """Result for a finished review.

    Attributes:
        review: Its id.
        sentences: How many sentences it has.
        failed: For how many of them the model gave no usable answer.
        mean_score: Mean score of the others; None if there are none.
        mean_rating: Mean human rating of the rated ones; None if there are none.
        worst: Its sentences with the lowest scores, up to three, the worst first.
    """

    review: str
    sentences: int
    failed: int
    mean_score: float | None
    mean_rating: float | None
    worst: list[str]

    def is_below(self, threshold: float) -> bool:
        """Whether the review is one for the advisor."""
        return self.mean_score is not None and self.mean_score < threshold


class Suggestion(BaseModel):
    """What could be better about the product of a low-rated review, in a sentence."""

    review: str
    mean_score: float
    suggestion: str
    call: ModelCall


class Rejected(BaseModel):
    """Input without a result.

    Attributes:
        what: ``line``: it could not be read. ``sentence`` or ``suggestion``: the model gave no
            usable answer.
        reason: Why, up to 2,000 characters.
        line: Line of the input file, from 1, if the input is a file.
        review: Id of the review, if known.
        sentence: Number of the sentence, if known.
        text: How it begins.
    """

    what: Literal["line", "sentence", "suggestion"]
    reason: Annotated[str, _shortened(MAX_PROBLEM)]
    line: int | None = None
    review: str | None = None
    sentence: int | None = None
    text: str = ""


Record = JudgedSentence | ReviewSummary | Suggestion | Rejected

#: Folder of the output by class.
FOLDERS: dict[str, type[Record]] = {
    "sentences": JudgedSentence,
    "summaries": ReviewSummary,
    "suggestions": Suggestion,
    "rejected": Rejected,
}
FOLDER_OF = {record: folder for folder, record in FOLDERS.items()}
