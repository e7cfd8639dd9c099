package org.apache.flink.agents.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;

/** A value for the output stream. */
public class OutputEvent extends Event {
    private final Object output;

    @JsonCreator
    public OutputEvent(@JsonProperty("output") Object output) {
        this.output = output;
    }

    /** The value. */
    public Object getOutput() {
        return output;
    }

    @Override
    public String toString() {
        return "OutputEvent[" + output + "]";
    }
}
