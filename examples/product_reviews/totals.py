"""What the judge remembers of a review until it is finished."""

from __future__ import annotations

from pydantic import BaseModel

from examples.product_reviews.schema import JudgedSentence, ReviewSummary

_WORST = 3
#: Characters of each: three of them and the prompt fit the context of a small model.
_SHOWN = 300


class RunningTotals(BaseModel):
    """Sums over the sentences of a review that are done."""

    judged: int = 0
    failed: int = 0
    score: int = 0
    rated: int = 0
    rating: float = 0.0
    worst: list[tuple[int, str]] = []

    @property
    def done(self) -> int:
        """Sentences with a result, be it a failure."""
        return self.judged + self.failed

    def add(self, result: JudgedSentence) -> None:
        """Count a judged sentence."""
        self.judged += 1
        self.score += result.score
        if result.rating is not None:
            self.rated += 1
            self.rating += result.rating
        worst = [*self.worst, (result.score, result.text[:_SHOWN])]
        self.worst = sorted(worst, key=lambda pair: pair[0])[:_WORST]

    def summary(self, review: str) -> ReviewSummary:
        """The result for the finished review."""
        return ReviewSummary(
            review=review,
            sentences=self.done,
            failed=self.failed,
            mean_score=round(self.score / self.judged, 3) if self.judged else None,
            mean_rating=round(self.rating / self.rated, 3) if self.rated else None,
            worst=[text for _, text in self.worst],
        )
