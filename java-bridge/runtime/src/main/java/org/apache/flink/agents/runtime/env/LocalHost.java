package org.apache.flink.agents.runtime.env;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.flink.agents.runtime.AgentRunner;
import org.apache.flink.agents.runtime.DeadLetter;
import org.apache.flink.agents.runtime.Host;
import org.apache.flink.agents.runtime.KeyStore;

/** State of all keys in maps; outputs in a list. */
final class LocalHost implements Host, KeyStore {
    final List<Map<Object, Object>> outputs = new ArrayList<>();
    final List<DeadLetter> deadLetters = new ArrayList<>();
    private final Semaphore outcomes = new Semaphore(0);
    private final Map<Object, String> open = new HashMap<>();
    private final Map<Object, Map<String, String>> memory = new HashMap<>();
    private final Map<Object, Map<Long, String>> waiting = new HashMap<>();
    private AgentRunner runner;
    private Object key;

    void setRunner(AgentRunner runner) {
        this.runner = runner;
    }

    /** There are outcomes to collect; from any thread. */
    void wake() {
        outcomes.release();
    }

    /** Collects what has happened. */
    void pump() throws Exception {
        if (outcomes.drainPermits() > 0) {
            runner.pump();
        }
    }

    @Override
    public void await(BooleanSupplier condition, long maxMillis) throws Exception {
        long end =
                maxMillis == Long.MAX_VALUE
                        ? Long.MAX_VALUE
                        : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(maxMillis);
        while (!condition.getAsBoolean()) {
            long left = end == Long.MAX_VALUE ? Long.MAX_VALUE : end - System.nanoTime();
            if (left <= 0 || !outcomes.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                return;
            }
            outcomes.drainPermits();
            runner.pump();
        }
    }

    @Override
    public void switchTo(Object key) {
        this.key = key;
    }

    @Override
    public void began(Long timestamp) {}

    @Override
    public void ended(Long timestamp) {}

    @Override
    public void emit(Object key, Object value, Long timestamp) {
        outputs.add(Collections.singletonMap(key, value));
    }

    @Override
    public void deadLetter(DeadLetter letter) {
        deadLetters.add(letter);
    }

    @Override
    public String load() {
        return open.get(key);
    }

    @Override
    public void save(String text) {
        open.put(key, text);
    }

    @Override
    public void clear() {
        open.remove(key);
        waiting.remove(key);
    }

    @Override
    public String readMemory(String path) {
        return memory.getOrDefault(key, Map.of()).get(path);
    }

    @Override
    public void writeMemory(Map<String, String> nodes) {
        Map<String, String> stored = memory.computeIfAbsent(key, k -> new HashMap<>());
        nodes.forEach(
                (path, node) -> {
                    if (node == null) {
                        stored.remove(path);
                    } else {
                        stored.put(path, node);
                    }
                });
    }

    @Override
    public Map<String, String> allMemory() {
        return memory.getOrDefault(key, Map.of());
    }

    @Override
    public void putWaiting(long index, String text) {
        waiting.computeIfAbsent(key, k -> new HashMap<>()).put(index, text);
    }

    @Override
    public String takeWaiting(long index) {
        return waiting.get(key).remove(index);
    }

    @Override
    public Iterable<String> waiting() {
        return waiting.getOrDefault(key, Map.of()).values();
    }
}
