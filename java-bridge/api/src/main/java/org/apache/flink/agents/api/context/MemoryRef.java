package org.apache.flink.agents.api.context;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import org.apache.flink.agents.api.context.MemoryObject.MemoryType;

/**
 * Where a value lies in memory. Small, so an event can carry it in the value's place.
 *
 * @param memoryType the memory it lies in
 * @param path absolute path of the value
 */
public record MemoryRef(
        @JsonProperty("memory_type") MemoryType memoryType, @JsonProperty("path") String path)
        implements Serializable {

    public static MemoryRef create(MemoryType memoryType, String path) {
        return new MemoryRef(memoryType, path);
    }

    /** What lies there in the memory of the current key, or null if there is nothing. */
    public MemoryObject resolve(RunnerContext context) {
        MemoryObject memory =
                memoryType == MemoryType.SENSORY
                        ? context.getSensoryMemory()
                        : context.getShortTermMemory();
        return memory.get(this);
    }
}
