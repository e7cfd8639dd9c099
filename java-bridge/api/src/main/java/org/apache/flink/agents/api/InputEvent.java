package org.apache.flink.agents.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;

/** An element of the input stream has arrived. */
public class InputEvent extends Event {
    private final Object input;

    @JsonCreator
    public InputEvent(@JsonProperty("input") Object input) {
        this.input = input;
    }

    /** The element. */
    public Object getInput() {
        return input;
    }

    @Override
    public String toString() {
        return "InputEvent[" + input + "]";
    }
}
