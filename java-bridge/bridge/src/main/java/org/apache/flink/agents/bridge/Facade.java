package org.apache.flink.agents.bridge;

import java.util.List;

/** The one object that the other process can reach, and nothing behind it. */
@FunctionalInterface
interface Facade {

    /**
     * Calls a method by name.
     *
     * @param method name of the method
     * @param arguments texts and {@code Long} numbers
     * @return a text, or null if the method returns nothing
     * @throws Exception what went wrong; its message is sent to the caller
     */
    String invoke(String method, List<Object> arguments) throws Exception;

    /** The error of a call that no method of the facade answers. */
    static IllegalArgumentException unknown(String method, List<Object> arguments) {
        return new IllegalArgumentException(
                "The bridge has no method " + method + " with " + arguments.size() + " arguments.");
    }
}
