"""How often Python looks for circles of objects."""

from __future__ import annotations

import gc

#: More objects made than freed, after which Python looks among the young ones.
_YOUNG = 20_000


def look_less_often() -> None:
    """Let Python look for circles after 20,000 new objects instead of 700.

    A call in flight holds a hundred objects that are freed when it ends, without a search. But
    those of a thousand calls outlive many searches, and as soon as they are a quarter of all
    objects Python looks through all there are, modules included: with a thousand calls of 200 ms in
    flight that is twice a second and a third of the CPU. What is in circles stays for longer: of
    calls that fail, which leave some 200 objects of an SDK with what they had to send, a hundred
    may wait to be found instead of four.

    It is a setting of the process, which for local jobs in process mode is the program's own. A
    higher one is kept, and so is a search that is turned off.
    """
    young, *older = gc.get_threshold()
    if 0 < young < _YOUNG:
        gc.set_threshold(_YOUNG, *older)


__all__ = ["look_less_often"]
