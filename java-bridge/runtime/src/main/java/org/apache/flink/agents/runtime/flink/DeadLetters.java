package org.apache.flink.agents.runtime.flink;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.util.OutputTag;

/** Where the dead letters of a job go. */
public final class DeadLetters {
    /** Side output of failed events, as JSON texts. */
    public static final OutputTag<String> TAG =
            new OutputTag<>("flink-agents-dead-letters", Types.STRING);

    private DeadLetters() {}
}
