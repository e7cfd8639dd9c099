package org.apache.flink.agents.api;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Base of all events. Subclass it with fields that can be kept in state: JSON values, records,
 * beans, enums, dates, decimals, UUIDs, Flink rows, and lists and maps of these.
 *
 * <p>An event is kept in state as JSON while it waits, so a value that is changed after the event
 * was sent may or may not be seen by its listeners.
 */
public abstract class Event {
    @JsonProperty("id")
    private UUID id = newId();

    @JsonProperty("attributes")
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    private Map<String, Object> attributes; // made when it is asked for: few events have any

    @JsonProperty("source_timestamp")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private Long sourceTimestamp;

    protected Event() {}

    /** Identity of the event, given when it is created. */
    @JsonIgnore
    public UUID getId() {
        return id;
    }

    /** Values of the event beside its fields; changes take effect. */
    @JsonIgnore
    public synchronized Map<String, Object> getAttributes() {
        if (attributes == null) {
            attributes = new LinkedHashMap<>();
        }
        return attributes;
    }

    /** The attribute called {@code name}, or null. */
    public Object getAttr(String name) {
        return getAttributes().get(name);
    }

    /** Sets an attribute to a value that can be kept in state. */
    public void setAttr(String name, Object value) {
        getAttributes().put(name, value);
    }

    /**
     * Event time of the input element that started the run, in milliseconds; null if it has none.
     */
    @JsonIgnore
    public Long getSourceTimestamp() {
        return sourceTimestamp;
    }

    /** Set by the runtime. */
    @JsonIgnore
    public void setSourceTimestamp(Long sourceTimestamp) {
        this.sourceTimestamp = sourceTimestamp;
    }

    @JsonIgnore
    public boolean hasSourceTimestamp() {
        return sourceTimestamp != null;
    }

    /** A UUID of version 4. It is no secret, and a secure one takes far longer. */
    private static UUID newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(
                random.nextLong() & ~0xF000L | 0x4000L,
                random.nextLong() >>> 2 | 0x8000_0000_0000_0000L);
    }
}
