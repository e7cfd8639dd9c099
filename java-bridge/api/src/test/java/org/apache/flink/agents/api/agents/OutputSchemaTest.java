package org.apache.flink.agents.api.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.agents.api.annotation.ToolParam;
import org.apache.flink.agents.api.exceptions.OutputSchemaException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputSchemaTest {
    enum Unit {
        METRE,
        FOOT
    }

    record Place(String city, @ToolParam(description = "two letters") Optional<String> country) {}

    record Node(int value, Optional<Node> next) {}

    record Review(
            @ToolParam(description = "1 to 5") int score,
            Place place,
            Unit unit,
            List<String> tags,
            Optional<String> note,
            Node node) {}

    record Sum(int value) {
        Sum {
            if (value < 0) {
                throw new IllegalArgumentException("value must not be negative");
            }
        }
    }

    private static final TypeInformation<Row> ROW =
            Types.ROW_NAMED(
                    new String[] {"id", "tags", "sizes", "inner", "amount", "at"},
                    Types.LONG,
                    Types.LIST(Types.STRING),
                    Types.PRIMITIVE_ARRAY(Types.INT),
                    Types.ROW_NAMED(new String[] {"x"}, Types.DOUBLE),
                    Types.BIG_DEC,
                    Types.INSTANT);

    private static String refusal(Object schema, String answer) {
        return assertThrows(
                        OutputSchemaException.class, () -> OutputSchema.of(schema).parse(answer))
                .getMessage();
    }

    @Test
    void theSchemaOfAClassIsTheOneThatPythonMakesOfTheSameClass() throws Exception {
        Object expected =
                new ObjectMapper()
                        .readValue(getClass().getResource("review.schema.json"), Object.class);
        assertEquals(expected, OutputSchema.of(Review.class).getJsonSchema());
        assertEquals("Review", OutputSchema.of(Review.class).getName());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"value\": 1}",
                "```json\n{\"value\": 1}\n```",
                "Sure! Here it is:\n```\n{\"value\": 1}\n```\nAnything else?",
                "The answer is {\"value\": 1}, as {you} see.",
                "{{\"value\": 1}}",
                "{\"value\": 1} and once more {\"value\": 1}",
                "{\"value\": \"1\", \"why\": \"a } in a text\"}"
            })
    void anAnswerIsFoundInWhatTheModelSays(String answer) {
        assertEquals(new Sum(1), OutputSchema.of(Sum.class).parse(answer));
    }

    @Test
    void anAnswerThatIsNotOfTheSchemaIsRefused() {
        assertTrue(refusal(Sum.class, "").contains("the answer is empty"));
        assertTrue(refusal(Sum.class, "I cannot.").contains("there is no JSON object in it"));
        assertTrue(refusal(Sum.class, "{\"value\": ").contains("invalid JSON"));
        assertTrue(refusal(Sum.class, "So: {\"value\": ").contains("does not end"));
        assertTrue(refusal(Sum.class, "{\"value\": \"x\"}").contains("value: input should be"));
        assertTrue(refusal(Sum.class, "{\"value\": null}").contains("(got null)"));
        assertTrue(refusal(Sum.class, "{}").contains("value: field required"));
        assertTrue(refusal(Sum.class, "[1]").contains("input should be an object"));
        assertTrue(refusal(Sum.class, "{\"value\": -1}").contains("value must not be negative"));
        assertTrue(
                refusal(Sum.class, "{\"value\": 1} or {\"value\": 2}")
                        .contains("it holds 2 different such values"));
    }

    @Test
    void anObjectInsideOfADamagedOneIsNotTheAnswer() {
        String problem = refusal(Sum.class, "{\"a\": {\"value\": 1}, \"b\": oops}");
        assertTrue(problem.contains("invalid JSON"), problem);
    }

    @Test
    void aRowIsReadWithNamesAndPositions() {
        Row row =
                (Row)
                        OutputSchema.of(ROW)
                                .parse(
                                        """
                                        {"id": 7, "tags": ["a"], "sizes": [1, 2], "amount": "1.50",
                                         "inner": {"x": 0.5}, "at": "2026-01-31T12:00:00Z"}
                                        """);
        assertEquals(7L, row.getField("id"));
        assertEquals(7L, row.getField(0));
        assertEquals(List.of("a"), row.getField("tags"));
        assertEquals(2, ((int[]) row.getField("sizes")).length);
        assertEquals(0.5, ((Row) row.getField("inner")).getField("x"));
        assertEquals(new BigDecimal("1.50"), row.getField("amount"));
        assertEquals(Instant.parse("2026-01-31T12:00:00Z"), row.getField("at"));
    }

    @Test
    void theSchemaOfARowRequiresAllFieldsAndAllowsNoOthers() {
        Map<String, Object> schema = OutputSchema.of(ROW).getJsonSchema();
        assertEquals(
                List.of("id", "tags", "sizes", "inner", "amount", "at"), schema.get("required"));
        assertEquals(false, schema.get("additionalProperties"));
        assertEquals("Row", schema.get("title"));
        assertTrue(refusal(ROW, "{}").contains("id: field required"));
    }

    @Test
    void aSchemaIsWrittenAsJsonAndReadBack() throws Exception {
        ObjectMapper json = new ObjectMapper();
        for (Object given : List.of(Review.class, ROW)) {
            OutputSchema schema = OutputSchema.of(given);
            OutputSchema read =
                    json.readValue(json.writeValueAsString(schema), OutputSchema.class);
            assertEquals(schema, read);
            assertEquals(schema.getJsonSchema(), read.getJsonSchema());
        }
    }

    @Test
    void whatNoModelCanAnswerWithIsRefused() {
        assertNull(OutputSchema.of(null));
        assertThrows(IllegalArgumentException.class, () -> OutputSchema.of("text"));
        assertThrows(IllegalArgumentException.class, () -> OutputSchema.of(String.class));
        assertThrows(IllegalArgumentException.class, () -> OutputSchema.of(Thread.class));
        TypeInformation<Row> bytes =
                Types.ROW_NAMED(new String[] {"b"}, Types.PRIMITIVE_ARRAY(Types.BYTE));
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> OutputSchema.of(bytes))
                        .getMessage()
                        .contains("of b"));
    }
}
