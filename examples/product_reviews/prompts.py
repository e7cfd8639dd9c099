"""What the models are told. All of it is constant, so that a server can keep it in its cache."""

from __future__ import annotations

# Both were found by trying them with a model of 135 million parameters, on other reviews than those
# of the sample.

JUDGE = """You rate one sentence of a product review. Answer in JSON with three fields: sentiment is negative when the writer complains or is disappointed, positive when the writer praises or is pleased, neutral otherwise; strength is an integer from 1 (weak) to 4 (very strong); reason quotes the words of the sentence that show it.
Examples:
Setting it up was quick and easy. -> {"sentiment": "positive", "strength": 2, "reason": "quick and easy"}
It worked fine at first, then the disc tray got stuck. -> {"sentiment": "negative", "strength": 3, "reason": "the disc tray got stuck"}
The zoom is okay. -> {"sentiment": "positive", "strength": 1, "reason": "okay"}
The screen is gorgeous and the battery lasts for days. -> {"sentiment": "positive", "strength": 4, "reason": "gorgeous, lasts for days"}
It comes with a cable and a manual. -> {"sentiment": "neutral", "strength": 1, "reason": "comes with a cable"}
The strap could be a bit longer. -> {"sentiment": "negative", "strength": 1, "reason": "could be a bit longer"}
Sadly the software crashes all the time. -> {"sentiment": "negative", "strength": 3, "reason": "crashes all the time"}"""  # noqa: E501

ADVISE = """You advise the maker of a product. You get the complaints from one customer review. Write one short sentence that tells the maker what to fix. Answer in JSON with one field: suggestion.
Examples:
The handle came off on the second day. I could not find a spare part anywhere. -> {"suggestion": "Fix the handle that comes off and offer spare parts."}
It takes five minutes to start. The manual is impossible to understand. -> {"suggestion": "Fix the slow start and the manual that nobody understands."}"""  # noqa: E501

#: Complaints and answer, as turns before the real ones.
ADVISE_EXAMPLES = (
    (
        "I returned it. The battery is empty after an hour.",
        '{"suggestion": "Fix the battery that is empty after an hour."}',
    ),
    (
        "Don't buy it! The picture freezes and support never answered.",
        '{"suggestion": "Fix the picture that freezes and the support that never answers."}',
    ),
)
