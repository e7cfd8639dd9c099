package org.apache.flink.agents.api.json;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.annotation.ToolParam;
import org.apache.flink.agents.api.exceptions.ToolArgumentsException;

/** The arguments of a method as JSON: their schema, and how they are read. */
public final class MethodArguments {
    private final String name;
    private final List<Field> fields;
    private final ObjectForm form;

    /**
     * @param method a method whose parameters may be described by {@link ToolParam}
     * @throws IllegalArgumentException if a model could not give one of them; names the parameter
     */
    public MethodArguments(Method method) {
        this.name = method.getName();
        JsonForms forms = new JsonForms();
        List<Field> found = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Parameter[] parameters = method.getParameters();
        for (int i = 0; i < parameters.length; i++) {
            Field field = field(parameters[i], i, forms);
            if (!names.add(field.name())) {
                throw new IllegalArgumentException(
                        "Tool '%s' has two parameters called '%s'. Rename one."
                                .formatted(name, field.name()));
            }
            found.add(field);
        }
        this.fields = List.copyOf(found);
        this.form = new ObjectForm(null, null, () -> fields, true, List::toArray);
    }

    /** The JSON schema of the arguments, of type {@code object}, as a new map. */
    public Map<String, Object> schema() {
        return JsonTypes.schema(form);
    }

    /**
     * The arguments for a call, in the order of the parameters.
     *
     * @param arguments JSON values by name
     * @throws ToolArgumentsException if an argument is missing, unknown or of a wrong type; its
     *     text is meant for the model
     */
    public Object[] read(Map<String, Object> arguments) {
        Problems problems = new Problems();
        Object read = form.read("", arguments, problems);
        if (problems.isEmpty()) {
            return (Object[]) read;
        }
        String takes =
                fields.stream()
                        .map(field -> field.name() + (field.required() ? "" : " (optional)"))
                        .collect(Collectors.joining(", "));
        throw new ToolArgumentsException(
                "The arguments of '%s' are wrong: %s. It takes: %s."
                        .formatted(name, problems, takes.isEmpty() ? "no arguments" : takes));
    }

    private Field field(Parameter parameter, int index, JsonForms forms) {
        try {
            return Field.of(
                    parameter.isNamePresent() ? parameter.getName() : null,
                    parameter.getParameterizedType(),
                    parameter.getAnnotation(ToolParam.class),
                    forms);
        } catch (IllegalArgumentException error) {
            throw new IllegalArgumentException(
                    "Tool '%s', parameter %d, %s"
                            .formatted(name, index + 1, error.getMessage()),
                    error);
        }
    }
}
