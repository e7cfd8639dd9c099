"""The two agents: one judges sentences and sums up reviews, the other advises the maker."""

from __future__ import annotations

import time

from examples.product_reviews import prompts
from examples.product_reviews.models import Model
from examples.product_reviews.schema import (
    Advice,
    JudgedSentence,
    Judgement,
    ModelCall,
    Rejected,
    ReviewSummary,
    Sentence,
    Suggestion,
)
from examples.product_reviews.totals import RunningTotals
from flink_agents.api.agents.agent import STRUCTURED_OUTPUT, Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.decorators import action, prompt
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.runner_context import RunnerContext


class SentenceJudge(Agent):
    """Judges each sentence; keyed by review. Takes ``Sentence``.

    Emits a ``JudgedSentence`` for each sentence, or a ``Rejected`` if the model gave no usable
    answer, and a ``ReviewSummary`` when all sentences of a review are done.

    Args:
        model: The model that judges.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        model.add_to(self, "judge", prompt="judge_prompt", max_tokens=64)

    @prompt
    @staticmethod
    def judge_prompt() -> Prompt:
        return Prompt.from_text(prompts.JUDGE)

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        sentence: Sentence = event.input
        ctx.sensory_memory.set("sentence", sentence)
        ctx.sensory_memory.set("asked_at", time.time())
        ctx.send_event(
            ChatRequestEvent(
                model="judge",
                messages=[ChatMessage(content=sentence.text)],
                output_schema=Judgement,  # pyright: ignore[reportArgumentType]
            )
        )

    @action(ChatResponseEvent)
    @staticmethod
    def take_judgement(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        sentence: Sentence = ctx.sensory_memory.get("sentence")
        totals: RunningTotals = ctx.short_term_memory.get("totals") or RunningTotals()
        # A sentence without an answer counts as well, or its review would never be finished.
        if error := event.response.extra_args.get("error"):
            result = _failed(sentence, error)
            totals.failed += 1
        else:
            judgement: Judgement = event.response.extra_args[STRUCTURED_OUTPUT]
            result = _judged(sentence, judgement, _call(event.response, ctx))
            totals.add(result)
        ctx.send_event(OutputEvent(output=result))
        if sentence.total is not None and totals.done >= sentence.total:
            ctx.send_event(OutputEvent(output=totals.summary(sentence.review)))
            ctx.short_term_memory.set("totals", None)
        else:
            ctx.short_term_memory.set("totals", totals)


class ProductAdvisor(Agent):
    """Turns a low-rated review into advice; keyed by review. Takes ``ReviewSummary``.

    Emits a ``Suggestion``, or a ``Rejected`` if the model gave no usable answer.

    Args:
        model: The model that advises.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        model.add_to(self, "advisor", prompt="advisor_prompt", max_tokens=64)

    @prompt
    @staticmethod
    def advisor_prompt() -> Prompt:
        messages = [ChatMessage(role=MessageRole.SYSTEM, content=prompts.ADVISE)]
        for complaint, answer in prompts.ADVISE_EXAMPLES:
            messages.append(ChatMessage(content=complaint))
            messages.append(ChatMessage(role=MessageRole.ASSISTANT, content=answer))
        return Prompt.from_messages(messages)

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        summary: ReviewSummary = event.input
        ctx.sensory_memory.set("summary", summary)
        ctx.sensory_memory.set("asked_at", time.time())
        ctx.send_event(
            ChatRequestEvent(
                model="advisor",
                messages=[ChatMessage(content=" ".join(summary.worst))],
                output_schema=Advice,  # pyright: ignore[reportArgumentType]
            )
        )

    @action(ChatResponseEvent)
    @staticmethod
    def take_advice(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        summary: ReviewSummary = ctx.sensory_memory.get("summary")
        if error := event.response.extra_args.get("error"):
            output = Rejected(what="suggestion", reason=error, review=summary.review)
        else:
            advice: Advice = event.response.extra_args[STRUCTURED_OUTPUT]
            output = Suggestion(
                review=summary.review,
                mean_score=summary.mean_score or 0.0,
                suggestion=advice.suggestion,
                call=_call(event.response, ctx),
            )
        ctx.send_event(OutputEvent(output=output))


def _judged(sentence: Sentence, judgement: Judgement, call: ModelCall) -> JudgedSentence:
    return JudgedSentence(
        review=sentence.review,
        sentence=sentence.sentence,
        text=sentence.text,
        rating=sentence.rating,
        score=judgement.score,
        reason=judgement.reason,
        call=call,
    )


def _failed(sentence: Sentence, reason: str) -> Rejected:
    return Rejected(
        what="sentence",
        reason=reason,
        line=sentence.line,
        review=sentence.review,
        sentence=sentence.sentence,
        text=sentence.text,
    )


def _call(response: ChatMessage, ctx: RunnerContext) -> ModelCall:
    usage = response.extra_args
    return ModelCall(
        model=str(usage.get("model_name", "")),
        prompt_tokens=usage.get("promptTokens", 0),
        completion_tokens=usage.get("completionTokens", 0),
        asked_at=ctx.sensory_memory.get("asked_at"),
        answered_at=time.time(),
    )
