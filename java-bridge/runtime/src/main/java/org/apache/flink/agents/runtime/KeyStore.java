package org.apache.flink.agents.runtime;

import java.util.Map;

/** State of the key that the host has made current. All values are text. */
public interface KeyStore {
    /** What was saved of open work, or null. */
    String load() throws Exception;

    /** Keeps the state of open work. */
    void save(String text) throws Exception;

    /** Forgets the state of open work. */
    void clear() throws Exception;

    /** A node of short-term memory, or null. */
    String readMemory(String path) throws Exception;

    /** Writes nodes of short-term memory; null removes one. */
    void writeMemory(Map<String, String> nodes) throws Exception;

    /** All nodes of short-term memory by path. */
    Map<String, String> allMemory() throws Exception;

    /** Puts an element into the queue. */
    void putWaiting(long index, String text) throws Exception;

    /** Takes an element out of the queue. */
    String takeWaiting(long index) throws Exception;

    /** The elements in the queue, in any order. */
    Iterable<String> waiting() throws Exception;
}
