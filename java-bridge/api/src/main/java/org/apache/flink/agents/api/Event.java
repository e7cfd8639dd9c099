package org.apache.flink.agents.api;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Base of all events. Subclass it with fields that can be kept in state: JSON values, records,
 * beans, enums, dates, decimals, UUIDs, Flink rows, and lists and maps of these.
 *
 * <p>An event is kept in state as JSON while it waits, so a value that is changed after the event
 * was sent may or may not be seen by its listeners.
 */
public abstract class Event {
    @JsonProperty("id")
    private UUID id = UUID.randomUUID();

    @JsonProperty("attributes")
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    private Map<String, Object> attributes = new LinkedHashMap<>();

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
    public Map<String, Object> getAttributes() {
        return attributes;
    }

    /** The attribute called {@code name}, or null. */
    public Object getAttr(String name) {
        return attributes.get(name);
    }

    /** Sets an attribute to a value that can be kept in state. */
    public void setAttr(String name, Object value) {
        attributes.put(name, value);
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
}
