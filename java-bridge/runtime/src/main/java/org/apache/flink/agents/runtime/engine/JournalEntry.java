package org.apache.flink.agents.runtime.engine;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A finished call of a task.
 *
 * @param call what was called
 * @param digest digest of the call's name and arguments; of a further call with the same ones in
 *     its attempt, with {@code #} and its number behind it
 * @param attempt attempt of the task in which the call was made, from 1
 * @param ok whether the call returned, else it threw
 * @param value the result, or the error, as JSON of the codec
 */
public record JournalEntry(String call, String digest, int attempt, boolean ok, JsonNode value) {}
