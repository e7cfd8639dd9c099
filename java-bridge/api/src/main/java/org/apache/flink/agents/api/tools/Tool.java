package org.apache.flink.agents.api.tools;

import java.lang.reflect.Method;
import java.util.Objects;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.resource.SerializableResource;

/** Base of all tools: what a model may ask to call. */
public abstract class Tool extends SerializableResource {
    private static final long serialVersionUID = 1L;

    private final ToolMetadata metadata;

    protected Tool(ToolMetadata metadata) {
        this.metadata = Objects.requireNonNull(metadata, "metadata");
    }

    /**
     * A tool of a public static method, which may be annotated with {@link
     * org.apache.flink.agents.api.annotation.Tool}.
     *
     * @throws IllegalArgumentException if a model could not call it
     */
    public static FunctionTool fromMethod(Method method) {
        return new FunctionTool(method);
    }

    /** What a model is told about the tool. */
    public final ToolMetadata getMetadata() {
        return metadata;
    }

    public final String getName() {
        return metadata.getName();
    }

    public final String getDescription() {
        return metadata.getDescription();
    }

    public abstract ToolType getToolType();

    /**
     * Calls the tool; may block, and may be called from several threads at once.
     *
     * @return the result; a failure of the tool is a result too, for the model
     */
    public abstract ToolResponse call(ToolParameters parameters);

    @Override
    public ResourceType getResourceType() {
        return ResourceType.TOOL;
    }
}
