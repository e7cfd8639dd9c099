package org.apache.flink.agents.runtime.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.agents.runtime.KeyStore;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;

/** State of the current key in Flink's keyed state. */
final class FlinkKeyStore implements KeyStore {
    /** Name of the state that every key with open work has. */
    static final String OPEN_WORK = "open-work";

    private final ValueState<String> openWork;
    private final MapState<String, String> memory;
    private final MapState<Long, String> waiting;

    FlinkKeyStore(KeyedStateStore state) {
        openWork = state.getState(new ValueStateDescriptor<>(OPEN_WORK, Types.STRING));
        memory =
                state.getMapState(
                        new MapStateDescriptor<>(
                                "short-term-memory", Types.STRING, Types.STRING));
        waiting =
                state.getMapState(
                        new MapStateDescriptor<>("waiting-elements", Types.LONG, Types.STRING));
    }

    @Override
    public String load() throws Exception {
        return openWork.value();
    }

    @Override
    public void save(String text) throws Exception {
        openWork.update(text);
    }

    @Override
    public void clear() {
        openWork.clear();
    }

    @Override
    public String readMemory(String path) throws Exception {
        return memory.get(path);
    }

    @Override
    public void writeMemory(Map<String, String> nodes) throws Exception {
        for (Map.Entry<String, String> node : nodes.entrySet()) {
            if (node.getValue() == null) {
                memory.remove(node.getKey());
            } else {
                memory.put(node.getKey(), node.getValue());
            }
        }
    }

    @Override
    public Map<String, String> allMemory() throws Exception {
        Map<String, String> nodes = new HashMap<>();
        for (Map.Entry<String, String> node : memory.entries()) {
            nodes.put(node.getKey(), node.getValue());
        }
        return nodes;
    }

    @Override
    public void putWaiting(long index, String text) throws Exception {
        waiting.put(index, text);
    }

    @Override
    public String takeWaiting(long index) throws Exception {
        String text = waiting.get(index);
        waiting.remove(index);
        return text;
    }

    @Override
    public Iterable<String> waiting() throws Exception {
        return waiting.values();
    }
}
