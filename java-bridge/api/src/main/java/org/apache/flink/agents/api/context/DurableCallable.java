package org.apache.flink.agents.api.context;

/**
 * A call whose result is kept in state, so that a replay of the action does not repeat it.
 *
 * @param <T> type of the result
 */
public interface DurableCallable<T> {
    /** Identity of the call, with its arguments: the same when the action is replayed. */
    String getId();

    /** Class of the result, of a value that can be kept in state. */
    Class<T> getResultClass();

    /** Makes the call. What it throws is kept as well, and thrown again on replay. */
    T call() throws Exception;
}
