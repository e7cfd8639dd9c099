"""Where the dead letters of a job go."""

from __future__ import annotations

from pyflink.common.typeinfo import Types
from pyflink.datastream import OutputTag

#: Side output of failed events, as JSON texts.
DEAD_LETTERS = OutputTag("flink-agents-dead-letters", Types.STRING())
