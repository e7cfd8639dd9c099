package org.apache.flink.agents.runtime;

import org.apache.flink.agents.runtime.engine.KeyState;

/** A key of this subtask that has open work. */
final class OpenKey {
    Object key;
    final KeyState state;

    /** Whether the host's store has a state of the key. */
    boolean saved;

    OpenKey(Object key, KeyState state) {
        this.key = key;
        this.state = state;
    }
}
