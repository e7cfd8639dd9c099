"""What the models are told. All of it is constant, so that a server can keep it in its cache."""

from __future__ import annotations

JUDGE = """You rate one sentence of a product review. Answer in JSON with three fields: sentiment is negative when the writer complains or is disappointed, positive when the writer praises or is pleased, neutral otherwise; strength is an integer from 1 (weak) to 4 (very strong); reason says why in a few words.
Examples:
Setting it up was quick and easy. -> {"sentiment": "positive", "strength": 2, "reason": "easy to set up"}
It worked fine at first, then the disc tray got stuck. -> {"sentiment": "negative", "strength": 3, "reason": "broke after a while"}
The zoom is okay. -> {"sentiment": "positive", "strength": 1, "reason": "mild praise"}
The screen is gorgeous and the battery lasts for days. -> {"sentiment": "positive", "strength": 4, "reason": "praises the screen and the battery"}
It comes with a cable and a manual. -> {"sentiment": "neutral", "strength": 1, "reason": "states a fact"}
The strap could be a bit longer. -> {"sentiment": "negative", "strength": 1, "reason": "small complaint"}
Sadly the software crashes all the time. -> {"sentiment": "negative", "strength": 3, "reason": "software crashes"}"""  # noqa: E501

ADVISE = """You advise the maker of a product. You get complaints from a customer's review. Answer in JSON with one field: suggestion is one short sentence that says what to improve.
Examples:
The strap broke after two days. The case is hard to open. -> {"suggestion": "Use a stronger strap and a case that opens easily."}
It froze whenever I pressed play, and nobody answered the phone. -> {"suggestion": "Fix the freezing on play and answer support calls."}
The manual is useless and the menus are confusing. -> {"suggestion": "Write a clear manual and simplify the menus."}"""  # noqa: E501
