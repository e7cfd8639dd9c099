package org.apache.flink.agents.api.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.exceptions.OutputSchemaException;

/** Reads the answer of a model as a class or as a Flink row. */
public final class AnswerReader {
    private final String name;
    private final JsonForm form;

    private AnswerReader(String name, JsonForm form) {
        this.name = name;
        this.form = form;
    }

    /**
     * Reads a record or a bean.
     *
     * @throws IllegalArgumentException if it has a member that JSON has no form for
     */
    public static AnswerReader ofClass(Class<?> type) {
        JsonForm form = new JsonForms().of(type);
        if (!(form instanceof ObjectForm)) {
            throw new IllegalArgumentException(
                    "An output schema is a record, a bean class or a Flink RowTypeInfo, not "
                            + type.getName()
                            + ". Put the value into a record.");
        }
        return new AnswerReader(type.getSimpleName(), form);
    }

    /**
     * Reads a row of a type that was described by {@link #describeRow}.
     *
     * @throws IllegalArgumentException if it is no description of a row
     */
    public static AnswerReader ofRow(String described) {
        return new AnswerReader(
                "Row", RowForms.of(JsonValues.readObject("The description of a row", described)));
    }

    /** Whether a value is a Flink {@code RowTypeInfo}, without loading Flink. */
    public static boolean isRowType(Object value) {
        return value.getClass()
                .getName()
                .equals("org.apache.flink.api.java.typeutils.RowTypeInfo");
    }

    /**
     * A {@code RowTypeInfo} as JSON text.
     *
     * @throws IllegalArgumentException if it has a field that JSON has no form for
     */
    public static String describeRow(Object rowType) {
        return JsonValues.write(RowDescriptions.describeRow(rowType));
    }

    /** Name of the schema for errors and for services that ask for one. */
    public String name() {
        return name;
    }

    /** The JSON schema of the answer, as a new map. */
    public Map<String, Object> schema() {
        return JsonTypes.schema(form);
    }

    /**
     * Reads an answer, which may be fenced by backticks or have text around it.
     *
     * @throws OutputSchemaException if there is no such value in the text, or more than one
     */
    public Object read(String text) {
        List<Object> candidates;
        try {
            candidates = AnswerText.candidates(text);
        } catch (IllegalArgumentException error) {
            throw refusal(error.getMessage(), text);
        }
        List<Object> told = new ArrayList<>();
        Object read = null;
        String problem = null;
        for (Object candidate : candidates) {
            Problems problems = new Problems();
            Object value = form.read("", candidate, problems);
            if (!problems.isEmpty()) {
                problem = problem == null ? problems.toString() : problem;
            } else if (!told.contains(candidate)) {
                told.add(candidate);
                read = value;
            }
        }
        if (told.isEmpty()) {
            throw refusal(problem, text);
        }
        if (told.size() > 1) {
            throw refusal("it holds " + told.size() + " different such values", text);
        }
        return read;
    }

    private OutputSchemaException refusal(String problem, String text) {
        return new OutputSchemaException(
                ("The answer is not of the schema %s: %s. Answer with one JSON object of that"
                                + " schema and nothing else. The answer was %s")
                        .formatted(name, problem, JsonTypes.shortened(text)));
    }
}
