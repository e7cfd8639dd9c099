package org.apache.flink.agents.runtime.python;

import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.operators.KeyContext;
import org.apache.flink.types.Row;

/**
 * Changes state and timers as Python asks: all that a call wants changed at once.
 *
 * <p>{@code deferred_writes.py} is the other side. Public, as are its methods, for pemja to call.
 */
public final class KeyedWrites {
    // What is to be done, as deferred_writes.py numbers it. What it takes follows the number.
    private static final int SWITCH_KEY = 0;
    private static final int SAVE = 1;
    private static final int CLEAR = 2;
    private static final int PUT = 3;
    private static final int REMOVE = 4;
    private static final int REGISTER_PROCESSING_TIME = 5;
    private static final int DELETE_PROCESSING_TIME = 6;
    private static final int REGISTER_EVENT_TIME = 7;
    private static final int DELETE_EVENT_TIME = 8;

    private final KeyContext keys;
    private ValueState<String> openWork;
    private MapState<String, String> memory;
    private TimerService timers;

    KeyedWrites(KeyContext keys) {
        this.keys = keys;
    }

    /** Sets the state that is changed. */
    public void useState(ValueState<String> openWork, MapState<String, String> memory) {
        this.openWork = openWork;
        this.memory = memory;
    }

    /** Sets where timers are registered. */
    public void useTimers(TimerService timers) {
        this.timers = timers;
    }

    long currentWatermark() {
        return timers.currentWatermark();
    }

    /**
     * Makes changes in their order.
     *
     * @param changes numbers, each followed by what it takes
     */
    public void make(Object[] changes) throws Exception {
        int at = 0;
        while (at < changes.length) {
            int change = ((Number) changes[at++]).intValue();
            switch (change) {
                case SWITCH_KEY -> keys.setCurrentKey(key(changes[at++]));
                case SAVE -> openWork.update((String) changes[at++]);
                case CLEAR -> openWork.clear();
                case PUT -> memory.put((String) changes[at++], (String) changes[at++]);
                case REMOVE -> memory.remove((String) changes[at++]);
                case REGISTER_PROCESSING_TIME ->
                        timers.registerProcessingTimeTimer(time(changes[at++]));
                case DELETE_PROCESSING_TIME ->
                        timers.deleteProcessingTimeTimer(time(changes[at++]));
                case REGISTER_EVENT_TIME -> timers.registerEventTimeTimer(time(changes[at++]));
                case DELETE_EVENT_TIME -> timers.deleteEventTimeTimer(time(changes[at++]));
                default -> throw new IllegalArgumentException("Unknown change " + change);
            }
        }
    }

    /** Flink's key of a handle: that key itself, or the text of which it consists. */
    private static Object key(Object handle) {
        return handle instanceof Row ? handle : Row.of(handle);
    }

    private static long time(Object number) {
        return ((Number) number).longValue();
    }
}
