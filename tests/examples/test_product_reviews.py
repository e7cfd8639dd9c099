"""The product review job: its parts in-process, the whole of it on a MiniCluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from examples.product_reviews import prompts
from examples.product_reviews.__main__ import main
from examples.product_reviews.agents import ProductAdvisor, SentenceJudge
from examples.product_reviews.models import Model, choose_model
from examples.product_reviews.problems import UserError, explain
from examples.product_reviews.reading import BYTES, Scan, parse_line, scan
from examples.product_reviews.report import Report
from examples.product_reviews.schema import (
    FOLDER_OF,
    Advice,
    JudgedSentence,
    Judgement,
    ModelCall,
    Record,
    Rejected,
    ReviewSummary,
    Sentence,
    Suggestion,
)
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.resource import Constant, ResourceDescriptor
from flink_agents.exceptions import ModelUnavailableError
from flink_agents.testing import (
    ScriptedChatModelConnection,
    ScriptedChatModelSetup,
    run_agent,
)

DEAD_LETTER = {
    "error-handling-strategy": "dead-letter",
    "max-retries": "1",
    "retry-wait-interval": "10 ms",
}


def _sentences(review: str, texts: Sequence[str], total: int | None = None) -> list[Any]:
    return [
        {"key": review, "value": Sentence(review=review, sentence=n, text=text, total=total)}
        for n, text in enumerate(texts, 1)
    ]


def _model(respond: Callable[[Sequence[ChatMessage], Any], Any]) -> Model:
    connection = ResourceDescriptor(clazz=ScriptedChatModelConnection, respond=respond)
    return Model(connection, ScriptedChatModelSetup)


def _run(agent: Any, items: list[Any], options: dict[str, Any] | None = None) -> list[Any]:
    return [
        value for output in run_agent(agent, items, options=options) for value in output.values()
    ]


def test_each_sentence_is_judged_and_the_review_is_summed_up_when_it_is_complete() -> None:
    texts = ["I love it.", "The strap broke.", "It is blue."]
    outputs = _run(SentenceJudge(choose_model("scripted")), _sentences("7", texts, total=3))
    assert [type(output) for output in outputs] == [JudgedSentence] * 3 + [ReviewSummary]
    assert [output.score for output in outputs[:3]] == [2, -2, 0]
    summary = outputs[3]
    assert (summary.sentences, summary.failed, summary.mean_score) == (3, 0, 0.0)
    assert summary.worst[0] == "The strap broke."


def test_a_review_without_a_total_is_judged_but_never_summed_up() -> None:
    outputs = _run(SentenceJudge(choose_model("scripted")), _sentences("7", ["Nice.", "Bad."]))
    assert [type(output) for output in outputs] == [JudgedSentence] * 2


def test_a_review_that_comes_again_starts_from_nothing() -> None:
    items = _sentences("7", ["Great."], total=1) + _sentences("7", ["Awful."], total=1)
    outputs = _run(SentenceJudge(choose_model("scripted")), items)
    means = [output.mean_score for output in outputs if isinstance(output, ReviewSummary)]
    assert means == [2.0, -2.0]


def test_a_sentence_without_an_answer_is_rejected_and_still_counts_for_its_review() -> None:
    def respond(messages: Sequence[ChatMessage], tools: Any) -> Any:
        if "strap" in messages[-1].content:
            return ModelUnavailableError("the server is down")
        return '{"sentiment": "positive", "strength": 3, "reason": "praise"}'

    items = _sentences("7", ["Nice.", "The strap.", "Good."], total=3)
    outputs = _run(SentenceJudge(_model(respond)), items, DEAD_LETTER)
    rejected = outputs[1]
    assert isinstance(rejected, Rejected)
    assert (rejected.what, rejected.review, rejected.sentence) == ("sentence", "7", 2)
    assert "the server is down" in rejected.reason
    assert outputs[-1] == ReviewSummary(
        review="7", sentences=3, failed=1, mean_score=3.0, mean_rating=None,
        worst=["Nice.", "Good."],
    )  # fmt: skip


def test_a_review_of_failures_has_no_mean_score() -> None:
    def respond(messages: Sequence[ChatMessage], tools: Any) -> Any:
        return ModelUnavailableError("down")

    outputs = _run(SentenceJudge(_model(respond)), _sentences("7", ["Nice."], 1), DEAD_LETTER)
    assert outputs[-1].mean_score is None


def test_advice_comes_from_the_worst_sentences() -> None:
    def respond(messages: Sequence[ChatMessage], tools: Any) -> str:
        assert messages[0].content == prompts.ADVISE
        return json.dumps({"suggestion": f"Mend: {messages[-1].content}"})

    summary = ReviewSummary(
        review="7", sentences=9, failed=0, mean_score=-1.5, mean_rating=None, worst=["A.", "B."]
    )
    (output,) = _run(ProductAdvisor(_model(respond)), [{"key": "7", "value": summary}])
    assert isinstance(output, Suggestion)
    assert (output.review, output.mean_score) == ("7", -1.5)
    assert output.suggestion == "Mend: A. B."


def test_an_advisor_without_an_answer_says_so() -> None:
    def respond(messages: Sequence[ChatMessage], tools: Any) -> Any:
        return ModelUnavailableError("down")

    summary = ReviewSummary(
        review="7", sentences=1, failed=0, mean_score=-4.0, mean_rating=None, worst=["A."]
    )
    items = [{"key": "7", "value": summary}]
    (output,) = _run(ProductAdvisor(_model(respond)), items, DEAD_LETTER)
    assert isinstance(output, Rejected)
    assert output.what == "suggestion"


def test_the_examples_in_the_prompts_fit_the_schemas() -> None:
    judgements = [line for line in prompts.JUDGE.splitlines() if " -> {" in line]
    assert judgements
    for example in judgements:
        Judgement.model_validate_json(example.split(" -> ")[1])
    advice = [line for line in prompts.ADVISE.splitlines() if " -> {" in line]
    answers = [example.split(" -> ")[1] for example in advice]
    for answer in answers + [answer for _, answer in prompts.ADVISE_EXAMPLES]:
        Advice.model_validate_json(answer)


def test_a_reason_that_is_too_long_is_cut_rather_than_asked_for_again() -> None:
    judgement = Judgement(sentiment="negative", strength=4, reason="x" * 200)
    assert len(judgement.reason) == 80
    assert judgement.score == -4


@pytest.mark.parametrize(
    ("line", "review", "sentence", "rating", "total"),
    [
        ("17_3\t-1.5\tIt broke.", "17", 3, -1.5, None),
        ("a_b_3\t\tIt broke.", "a_b", 3, None, None),
        ("\ufeff17_3\t0\t It broke. \r\n", "17", 3, 0.0, None),
        ('{"review": 17, "sentence": "3", "text": "It broke.", "total": 9}', "17", 3, None, 9),
        ('{"review": "17", "sentences": ["It broke."]}', "17", 1, None, 1),
    ],
)
def test_a_line_becomes_a_sentence(
    line: str, review: str, sentence: int, rating: float | None, total: int | None
) -> None:
    (found,) = parse_line(line.encode().decode(BYTES), 5)
    assert found == Sentence(
        review=review, sentence=sentence, text="It broke.", rating=rating, total=total, line=5
    )


def test_text_in_any_script_survives_the_reading_by_bytes() -> None:
    (found,) = parse_line("1_1\t2\tGrüße, 素晴らしい 👍\u2028".encode().decode(BYTES))
    assert isinstance(found, Sentence)
    assert found.text == "Grüße, 素晴らしい 👍"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "empty line"),
        (b"  \t ", "empty line"),
        (b"1_1\t2\tbad \xff byte", "not valid UTF-8: byte 0xff at 10"),
        (b"1_1\t2", "2 tab-separated columns instead of 3"),
        (b"1_1\t2\ta\tb", "4 tab-separated columns"),
        (b"11\t2\ttext", "not REVIEW_SENTENCE"),
        (b"1_1\tnan\ttext", "rating"),
        (b"1_1\t4.1\ttext", "rating"),
        (b"1_1\tgood\ttext", "rating"),
        (b"1_1\t2\t  ", "text"),
        pytest.param(b"1_1\t2\t" + b"x" * 1_000_000, "at most 2000 characters", id="1 MB"),
        (b'{"review": 1, "sentence": 1', "JSON"),
        (b'{"review": 1, "sentence": 1}', "text: Field required"),
        (b'{"review": 1, "sentences": []}', "sentences"),
        (b'{"review": 1, "sentences": "text"}', "sentences"),
        (b'{"review": 1, "sentence": 1, "text": "\\ud800"}', "JSON"),
        pytest.param(b'{"review": ' + b"[" * 100_000, "JSON", id="deep"),
        (b"[1, 2]", "columns"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_with_its_number_and_the_reason(
    line: bytes, reason: str
) -> None:
    (found,) = parse_line(line.decode(BYTES), 9)
    assert isinstance(found, Rejected)
    assert (found.what, found.line) == ("line", 9)
    assert reason in found.reason
    assert len(found.text) <= 200


def test_a_whole_review_is_exploded_and_its_bad_sentences_do_not_count() -> None:
    line = '{"review": "7", "sentences": ["Good.", "", {"text": "Bad.", "rating": -2}]}'
    first, second, third = parse_line(line)
    assert isinstance(first, Sentence) and isinstance(third, Sentence)
    assert isinstance(second, Rejected)
    assert (first.total, third.total, third.rating, third.sentence) == (2, 2, -2.0, 3)
    assert (second.review, second.sentence) == ("7", 2)


def test_a_scan_counts_the_sentences_of_each_review(tmp_path: Path) -> None:
    path = tmp_path / "reviews.tsv"
    path.write_bytes(b"1_1\t1\ta\r\n1_2\t1\tb\rbroken\n2_1\t1\tc\n1_3\t1\td")
    assert scan(path).totals == {"1": 3, "2": 1}
    found = scan(path, limit=2)
    assert (found.totals, found.sentences, found.last_line) == ({"1": 2}, 2, 2)


def _judged(rating: float | None, score: int, asked: float, answered: float) -> JudgedSentence:
    call = ModelCall(
        model="m", prompt_tokens=10, completion_tokens=2, asked_at=asked, answered_at=answered
    )
    return JudgedSentence(
        review="1", sentence=1, text="t", rating=rating, score=score, reason="r", call=call
    )


def _reported(*records: Record) -> Report:
    report = Report(threshold=0.0)
    for record in records:
        report.add(FOLDER_OF[type(record)], record.model_dump_json())
    return report


def test_the_report_tells_agreement_tokens_and_calls_in_flight() -> None:
    report = _reported(
        _judged(2.0, 4, 0.0, 2.0),
        _judged(-1.0, 2, 1.0, 3.0),
        _judged(0.5, -1, 2.0, 4.0),
        _judged(None, 1, 3.5, 4.0),
        Rejected(what="line", reason="empty line", line=3),
        Rejected(what="sentence", reason="down", review="1"),
    )
    assert (report.agreement.same_sign, report.agreement.clear) == (1, 2)
    assert report.agreement.correlation == pytest.approx(0.3974, abs=1e-4)
    assert (report.prompt_tokens, report.completion_tokens) == (40, 8)
    assert report.peak_in_flight == 2
    assert report.mean_in_flight == pytest.approx(6.5 / 4)
    text = "\n".join(report.lines(9.0, "out"))
    assert "50 % same sign (1 of 2" in text
    assert "Rejected      1 input; the first: line 3: empty line" in text
    assert "Failed        1 model answer; the first: down" in text


def test_a_file_is_complete_when_all_of_it_has_a_result_and_low_reviews_have_advice() -> None:
    found = Scan(totals={"1": 2}, sentences=2, rejected=1, last_line=3)
    summary = ReviewSummary(
        review="1", sentences=2, failed=1, mean_score=-1.0, mean_rating=None, worst=[]
    )
    steps: list[Record] = [
        _judged(None, -1, 0.0, 1.0),
        Rejected(what="line", reason="empty line"),
        Rejected(what="sentence", reason="down"),
        summary,
        Rejected(what="suggestion", reason="down"),
    ]
    complete = [_reported(*steps[:n]).is_complete(found) for n in range(len(steps) + 1)]
    # The summary comes with the last sentence, in the same step of the agent.
    assert complete == [False, False, False, True, False, True]


def test_a_report_of_nothing_can_be_told() -> None:
    text = "\n".join(Report(threshold=0.0).lines(1.0, "out"))
    assert "0 sentences" in text
    assert "no sentence has a human rating" in text


def test_each_provider_gets_its_own_connection_and_the_same_agents() -> None:
    model = choose_model("openai:gpt-x", "http://localhost:1/v1")
    assert model.connection.clazz == Constant.OPENAI_CHAT_MODEL_CONNECTION
    assert model.connection.arguments["api_base_url"] == "http://localhost:1/v1"
    assert model.parameters == {"model": "gpt-x"}
    assert choose_model("embedded").limits_answers


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("nobody:x", "Available: .*embedded.*scripted"),
        ("openai", "openai:NAME"),
        ("openai:gpt-x", "OPENAI_API_KEY"),
        ("embedded:missing.gguf", "no file missing.gguf"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_with_the_way_out(
    option: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UserError, match=problem):
        choose_model(option)


def test_the_heart_of_an_error_is_told_and_all_of_it_is_kept(tmp_path: Path) -> None:
    trace = (
        "org.apache.flink.runtime.client.JobExecutionException: Job execution failed.\n"
        "\tat org.apache.flink.Some.method(Some.java:1)\n"
        "Caused by: org.apache.flink.runtime.JobException: Recovery is suppressed\n"
        "Caused by: pemja.core.PythonException: <class 'ValueError'>: no such thing\n"
    )
    told = explain(RuntimeError(trace), tmp_path)
    assert told.splitlines()[0].endswith("<class 'ValueError'>: no such thing")
    assert "JobExecutionException" in (tmp_path / "error.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["missing.tsv", "--model", "scripted"], "no file missing.tsv"),
        (["/dev/null", "--model", "scripted"], "no file /dev/null"),
        (["--watch", "missing", "--model", "scripted"], "no folder missing"),
        (["--kafka", "b:9092", "--topic", "t", "--model", "scripted"], "--jar"),
        (["--model", "nobody"], "no provider"),
    ],
)
def test_a_wrong_start_ends_with_code_1_and_says_why(
    arguments: list[str],
    problem: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    assert problem in capsys.readouterr().err


def test_output_is_never_mixed_with_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old").write_text("")
    source = tmp_path / "in.tsv"
    source.write_text("1_1\t1\tGood.\n")
    assert main([str(source), "--model", "scripted", "--output", str(tmp_path)]) == 1
    assert "is in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["a.tsv", "--watch", "b"], ["--kafka", "b:1"], ["--limit", "0"]]
)
def test_contradicting_options_are_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def _read(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for part in sorted(folder.glob("part-*.jsonl"))
        for line in part.read_text(encoding="utf-8").split("\n")
        if line
    ]


@pytest.mark.flink
@pytest.mark.timeout(600)
def test_the_whole_job_judges_every_sentence_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "reviews.tsv"
    lines = [
        f"{review}_{n}\t{rating}\t{text}".encode()
        for review, rating, text in (("1", 2, "I love it."), ("2", -2, "A horrible waste."))
        for n in range(1, 21)
    ]
    lines[5:5] = [b"", b"1_99\t1\tbad \xff byte", b"x" * 1_000_000]
    lines.append('{"review": "3", "sentences": ["Schön, but useless 👎", ""]}'.encode())
    source.write_bytes(b"\n".join(lines))
    output = tmp_path / "out"
    arguments = [str(source), "--model", "scripted", "--output", str(output), "--plain"]
    code = main([*arguments, "--parallelism", "2", "--checkpoint-interval", "0.5"])
    captured = capsys.readouterr()
    assert code == 0, captured.err

    sentences = _read(output / "sentences")
    judged = sorted((row["review"], row["sentence"]) for row in sentences)
    assert judged == [(r, n) for r in "12" for n in range(1, 21)] + [("3", 1)]
    assert {row["score"] for row in sentences if row["review"] == "2"} == {-4}
    assert "Schön, but useless 👎" in {row["text"] for row in sentences}
    summaries = {row["review"]: row for row in _read(output / "summaries")}
    assert {r: row["sentences"] for r, row in summaries.items()} == {"1": 20, "2": 20, "3": 1}
    assert summaries["1"]["mean_score"] == 2.0
    suggestions = {row["review"] for row in _read(output / "suggestions")}
    assert suggestions == {"2", "3"}
    rejected = {row["line"]: row["reason"] for row in _read(output / "rejected")}
    assert sorted(rejected) == [6, 7, 8, 44]
    assert "UTF-8" in rejected[7]
    assert "Judged        41 sentences of 3 finished reviews, 2 suggestions" in captured.out
    assert "100 % same sign (40 of 40" in captured.out
    assert "Rejected      4 inputs; the first: line " in captured.out


@pytest.mark.flink
@pytest.mark.timeout(600)
def test_a_model_that_is_never_reached_fails_each_sentence_and_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "reviews.jsonl"
    source.write_text('{"review": "1", "sentences": ["Good.", "Bad."]}\n')
    output = tmp_path / "out"
    arguments = [str(source), "--model", "openai:m", "--base-url", "http://127.0.0.1:9/v1"]
    assert main([*arguments, "--output", str(output), "--plain"]) == 1
    failed = _read(output / "rejected")
    assert [(row["what"], row["review"]) for row in failed] == [("sentence", "1")] * 2
    (summary,) = _read(output / "summaries")
    assert (summary["failed"], summary["mean_score"]) == (2, None)
    captured = capsys.readouterr()
    assert "Failed        2 model answers" in captured.out
    assert "No sentence was judged" in captured.err
