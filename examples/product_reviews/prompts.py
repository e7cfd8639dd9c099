"""What the models are told. All of it is constant, so that a server can keep it in its cache."""

from __future__ import annotations

#: Found by measuring the agreement with human ratings; in the words of a small model.
JUDGE = """You rate one sentence of a product review. Answer in JSON with three fields: sentiment is negative when the writer complains or is disappointed, positive when the writer praises or is pleased, neutral otherwise; strength is an integer from 1 (weak) to 4 (very strong); reason says why in a few words.
Examples:
Setting it up was quick and easy. -> {"sentiment": "positive", "strength": 2, "reason": "easy to set up"}
It worked fine at first, then the disc tray got stuck. -> {"sentiment": "negative", "strength": 3, "reason": "broke after a while"}
The zoom is okay. -> {"sentiment": "positive", "strength": 1, "reason": "mild praise"}
The screen is gorgeous and the battery lasts for days. -> {"sentiment": "positive", "strength": 4, "reason": "praises the screen and the battery"}
It comes with a cable and a manual. -> {"sentiment": "neutral", "strength": 1, "reason": "states a fact"}
The strap could be a bit longer. -> {"sentiment": "negative", "strength": 1, "reason": "small complaint"}
Sadly the software crashes all the time. -> {"sentiment": "negative", "strength": 3, "reason": "software crashes"}"""  # noqa: E501

ADVISE = (
    "A customer complains about a product. Tell its maker what to improve, in one short sentence. "
    "Answer in JSON with one field: suggestion."
)

#: Complaint and answer. As turns of the conversation they guide a small model better than as text.
ADVISE_EXAMPLES = (
    (
        "the strap broke after two days.",
        '{"suggestion": "Make the strap stronger."}',
    ),
    (
        "nobody answered when i called about the noise.",
        '{"suggestion": "Improve the support line and remove the noise."}',
    ),
    (
        "the menus are confusing and the manual is useless.",
        '{"suggestion": "Make the menus simpler and write a better manual."}',
    ),
    (
        "junk, it died after a month.",
        '{"suggestion": "Test that the product lasts longer than a month."}',
    ),
)
