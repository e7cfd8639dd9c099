"""More input than the model can take: it is held up, memory is bounded, and nothing is lost."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil
import pytest

from tests.chaos.mini_cluster import MiniClusterRun
from tests.servers.model_server import Behaviour

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(1_800)]

#: Seconds that the model takes. With ten calls open it takes fifty orders a second.
LATENCY = 0.2
#: Orders that may wait in state, and some that are on their way.
MOST_WAITING = 10_000 + 500
#: Bytes of an order that waits in a checkpoint, with its index: twice what was measured.
BYTES_EACH = 200
#: Bytes that may come to the resident memory of Java and Python: ten times what was measured, most
#: of which is a heap that has not been cleaned yet.
GROWTH = 500 * 2**20


@dataclass(frozen=True)
class Overload:
    """How much is put in.

    Attributes:
        keys: Customers who take turns.
        per_second: Orders that the source has in a second.
        short: How many there are in the short form.
        long: In the long form.
        in_flight: Calls that may be open at once.
        fills: Whether as many come to wait in state as may; else the input waits for each call.
    """

    keys: int
    per_second: float
    short: int
    long: int
    in_flight: int
    fills: bool


#: Ten keys have ten calls open: there is room for calls of other keys, but none come.
HOT_KEYS = Overload(
    keys=10, per_second=2_000, short=16_000, long=30_000, in_flight=1_000, fills=True
)
#: Many keys, and room for ten calls. Were they not held up, more would wait than may.
MANY_KEYS = Overload(
    keys=500, per_second=2_000, short=16_000, long=30_000, in_flight=10, fills=False
)


def resident() -> int:
    """Bytes of the processes that this one has started: Java, with Python in it."""
    return sum(p.memory_info().rss for p in psutil.Process().children(recursive=True))


@pytest.mark.parametrize("load", [HOT_KEYS, MANY_KEYS], ids=["hot keys", "many keys"])
def test_too_much_input_is_held_up_while_checkpoints_pass_and_nothing_is_lost(
    run: MiniClusterRun, long_form: bool, load: Overload
) -> None:
    run.model.behave(Behaviour(latency=LATENCY))
    settings = run.settings(
        elements=load.long if long_form else load.short,
        keys=load.keys,
        per_second=load.per_second,
        max_in_flight=load.in_flight,
        checkpoint_ms=1_000,
    )
    options = {
        # Barriers pass what waits in line before the agent.
        "execution.checkpointing.unaligned.enabled": "true",
        "execution.checkpointing.aligned-checkpoint-timeout": "1 s",
        "metrics.fetcher.update-interval": "500",
    }
    run.start(settings, options=options)
    run.wait_until_seen(1)
    before, full_since = resident(), 0.0
    most_waiting = most_resident = 0
    enough = 60 if long_form else 15

    def lasted() -> bool:
        nonlocal most_waiting, most_resident, full_since
        most_waiting = max(most_waiting, run.open_elements())
        most_resident = max(most_resident, resident())
        if not full_since and (not load.fills or most_waiting > 9_900):
            full_since = time.monotonic()
        lasts = time.monotonic() - full_since if full_since else 0.0
        return lasts > enough and len(run.history.checkpoints) >= 10

    run.wait_for(lasted, "the overload has lasted", 600)
    under_load = list(run.history.checkpoints.values())
    longest = max(c.completed - c.triggered for c in under_load)
    largest = max(c.size for c in under_load)
    run.model.behave(Behaviour(latency=0.0))
    run.wait_to_end(900)
    print(
        f"most waiting {most_waiting:,}, "
        f"memory grew by {(most_resident - before) / 2**20:.0f} MiB, "
        f"{len(under_load)} checkpoints, longest {longest:.1f} s, largest {largest:,} bytes"
    )
    assert most_waiting <= MOST_WAITING
    assert largest <= MOST_WAITING * BYTES_EACH
    assert most_resident - before < GROWTH
    assert longest < 60
    assert run.verdict(settings).is_clean
