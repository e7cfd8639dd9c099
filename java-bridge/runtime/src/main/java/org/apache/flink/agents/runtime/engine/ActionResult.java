package org.apache.flink.agents.runtime.engine;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.Event;

/**
 * What an action has done.
 *
 * @param events events sent, in order
 * @param memory nodes of short-term memory written, as text by path; null removes one
 * @param sensory the same for sensory memory
 */
public record ActionResult(
        List<Event> events, Map<String, String> memory, Map<String, String> sensory) {}
