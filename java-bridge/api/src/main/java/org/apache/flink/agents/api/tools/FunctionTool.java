package org.apache.flink.agents.api.tools;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.apache.flink.agents.api.agents.MethodReference;
import org.apache.flink.agents.api.exceptions.ToolArgumentsException;
import org.apache.flink.agents.api.json.JsonValues;
import org.apache.flink.agents.api.json.MethodArguments;

/** A tool that is a public static method. It travels as class, name and parameter types. */
public final class FunctionTool extends Tool {
    private static final long serialVersionUID = 1L;

    private final MethodReference reference;
    private transient volatile Method method;
    private transient volatile MethodArguments arguments;

    /**
     * @param method a public static method; it may be described by {@link
     *     org.apache.flink.agents.api.annotation.Tool} and its parameters by {@link
     *     org.apache.flink.agents.api.annotation.ToolParam}
     * @throws IllegalArgumentException if a model could not call it
     */
    public FunctionTool(Method method) {
        super(describe(method));
        this.reference = MethodReference.of(method);
    }

    private static ToolMetadata describe(Method method) {
        int modifiers = method.getModifiers();
        if (!Modifier.isPublic(modifiers) || !Modifier.isStatic(modifiers)) {
            throw new IllegalArgumentException(
                    "Tool '%s' of %s must be a public static method."
                            .formatted(method.getName(), method.getDeclaringClass().getName()));
        }
        var annotation = method.getAnnotation(org.apache.flink.agents.api.annotation.Tool.class);
        return new ToolMetadata(
                method.getName(),
                annotation == null ? "" : annotation.description(),
                JsonValues.write(new MethodArguments(method).schema()));
    }

    @Override
    public ToolType getToolType() {
        return ToolType.FUNCTION;
    }

    @Override
    public ToolResponse call(ToolParameters parameters) {
        prepare();
        try {
            return ToolResponse.success(
                    method.invoke(null, arguments.read(parameters.toMap())));
        } catch (ToolArgumentsException error) {
            return ToolResponse.error(error.getMessage());
        } catch (InvocationTargetException error) {
            return failed(error.getCause());
        } catch (IllegalAccessException error) {
            throw new IllegalStateException(error);
        }
    }

    private ToolResponse failed(Throwable cause) {
        if (cause instanceof Error fatal) {
            throw fatal;
        }
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return ToolResponse.error("The tool '%s' failed: %s".formatted(getName(), cause));
    }

    private void prepare() {
        if (arguments == null) {
            Method found = reference.resolve();
            // A public method of a class that is not public itself.
            found.setAccessible(true);
            method = found;
            arguments = new MethodArguments(found);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FunctionTool that && reference.equals(that.reference);
    }

    @Override
    public int hashCode() {
        return reference.hashCode();
    }
}
