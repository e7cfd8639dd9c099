package org.apache.flink.agents.api.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.reflect.Method;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.agents.api.annotation.Tool;
import org.apache.flink.agents.api.annotation.ToolParam;
import org.junit.jupiter.api.Test;

class FunctionToolTest {
    enum Unit {
        METRE,
        FOOT
    }

    record Place(String city, @ToolParam(description = "two letters") Optional<String> country) {}

    record Node(int value, Optional<Node> next) {}

    static class Bean {
        private String name;
        int count = 1;
        transient int ignored;
    }

    @Tool(description = "Does it.")
    public static String all(
            @ToolParam(name = "a", description = "First.") int first,
            double b,
            String c,
            boolean d,
            Unit e,
            List<Integer> l,
            Map<String, Double> m,
            Place i,
            List<Place> li,
            Node n,
            LocalDate da,
            Object an,
            Optional<Integer> o,
            @ToolParam(defaultValue = "3") int p,
            @ToolParam(required = false) String q,
            Set<String> s) {
        return Arrays.asList(first, b, c, d, e, l, m, i, li, n, da, an, o, p, q, s).toString();
    }

    public static Bean bean(Bean bean, long[] numbers) {
        bean.count += numbers.length;
        return bean;
    }

    public static int failing(int a) throws Exception {
        throw new java.io.IOException("no such file");
    }

    public static void unsupported(Thread thread) {}

    static void hidden() {}

    private static Method method(String name) {
        return Arrays.stream(FunctionToolTest.class.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static FunctionTool tool(String name) {
        return org.apache.flink.agents.api.tools.Tool.fromMethod(method(name));
    }

    private static Map<String, Object> arguments() {
        Map<String, Object> arguments = new HashMap<>();
        arguments.put("a", 1);
        arguments.put("b", 2);
        arguments.put("c", "text");
        arguments.put("d", true);
        arguments.put("e", "FOOT");
        arguments.put("l", List.of(1, 2));
        arguments.put("m", Map.of("x", 1));
        arguments.put("i", Map.of("city", "Bonn", "country", "DE"));
        arguments.put("li", List.of(Map.of("city", "Ulm")));
        arguments.put("n", Map.of("value", 1, "next", Map.of("value", 2)));
        arguments.put("da", "2026-01-31");
        arguments.put("an", Map.of("any", 1));
        arguments.put("s", List.of("x", "x"));
        return arguments;
    }

    private static String refusal(String name, Object value) {
        Map<String, Object> arguments = arguments();
        arguments.put(name, value);
        ToolResponse response = tool("all").call(new ToolParameters(arguments));
        assertFalse(response.success(), () -> "was accepted: " + response);
        return response.error();
    }

    @Test
    void theSchemaIsTheOneThatPythonMakesOfTheSameFunction() throws Exception {
        Object expected =
                new ObjectMapper()
                        .readValue(
                                getClass().getResource("all-arguments.schema.json"), Object.class);
        ToolMetadata metadata = tool("all").getMetadata();
        assertEquals(expected, metadata.getParameters());
        assertEquals(
                expected, new ObjectMapper().readValue(metadata.getInputSchema(), Object.class));
        assertEquals("all", metadata.getName());
        assertEquals("Does it.", metadata.getDescription());
    }

    @Test
    void argumentsAreConvertedToTheTypesOfTheMethod() {
        ToolResponse response = tool("all").call(new ToolParameters(arguments()));
        assertEquals(
                "[1, 2.0, text, true, FOOT, [1, 2], {x=1.0}, Place[city=Bonn,"
                        + " country=Optional[DE]], [Place[city=Ulm, country=Optional.empty]],"
                        + " Node[value=1, next=Optional[Node[value=2, next=Optional.empty]]],"
                        + " 2026-01-31, {any=1}, Optional.empty, 3, null, [x]]",
                response.result());
    }

    @Test
    void nullForAnOptionalArgumentIsItsDefault() {
        Map<String, Object> arguments = arguments();
        arguments.put("p", null);
        arguments.put("o", null);
        ToolResponse response = tool("all").call(new ToolParameters(arguments));
        assertTrue(String.valueOf(response.result()).endsWith("Optional.empty, 3, null, [x]]"));
    }

    @Test
    void numbersInTextsAreAcceptedAsModelsWriteThem() {
        Map<String, Object> arguments = arguments();
        arguments.put("a", "7");
        arguments.put("d", "false");
        ToolResponse response = tool("all").call(new ToolParameters(arguments));
        assertTrue(String.valueOf(response.result()).startsWith("[7, 2.0, text, false,"));
    }

    @Test
    void whatIsWrongIsToldToTheModel() {
        assertEquals(
                "The arguments of 'all' are wrong: a: input should be a valid integer of 32 bits"
                        + " (got 'x'). It takes: a, b, c, d, e, l, m, i, li, n, da, an,"
                        + " o (optional), p (optional), q (optional), s.",
                refusal("a", "x"));
        assertTrue(refusal("a", 1.5).contains("a: input should be a valid integer"));
        assertTrue(refusal("a", 3_000_000_000L).contains("of 32 bits (got 3000000000)"));
        assertTrue(refusal("e", "MILE").contains("'METRE' or 'FOOT' (got 'MILE')"));
        assertTrue(refusal("l", List.of(1, "q")).contains("l.1: input should be a valid integer"));
        assertTrue(refusal("li", List.of(Map.of())).contains("li.0.city: field required"));
        assertTrue(refusal("i", 3).contains("i: input should be an object (got 3)"));
        assertTrue(refusal("l", null).contains("l: input should be a valid array (got null)"));
        assertTrue(refusal("c", 5).contains("c: input should be a valid string (got 5)"));
        assertTrue(refusal("zz", 1).contains("zz: extra inputs are not permitted (got 1)"));
        assertTrue(refusal("da", "soon").contains("da: input should be a date"));
        String longest = refusal("a", "x".repeat(1_000_000));
        assertTrue(longest.contains("(got 'xxx") && longest.length() < 400, longest);
        assertTrue(refusal("b", "1e999999999").contains("b: input should be a valid number"));
    }

    @Test
    void aMissingArgumentIsToldToTheModel() {
        Map<String, Object> arguments = arguments();
        arguments.remove("a");
        ToolResponse response = tool("all").call(new ToolParameters(arguments));
        assertTrue(response.error().contains("a: field required"));
    }

    @Test
    void beansAndArraysAreTakenAndReturnedAsJson() {
        ToolResponse response =
                tool("bean")
                        .call(
                                new ToolParameters(
                                        Map.of(
                                                "bean", Map.of("name", "n", "count", 4),
                                                "numbers", List.of(1, 2))));
        Bean bean = (Bean) response.result();
        assertEquals("n", bean.name);
        assertEquals(6, bean.count);
    }

    @Test
    void aToolThatThrowsTellsTheModel() {
        ToolResponse response = tool("failing").call(new ToolParameters(Map.of("a", 1)));
        assertEquals(
                "The tool 'failing' failed: java.io.IOException: no such file", response.asText());
    }

    @Test
    void aMethodThatAModelCannotCallIsRefused() {
        String unsupported =
                assertThrows(IllegalArgumentException.class, () -> tool("unsupported")).getMessage();
        assertTrue(unsupported.contains("'thread': a model cannot give a value of type"));
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> tool("hidden"))
                        .getMessage()
                        .contains("must be a public static method"));
    }

    @Test
    void aToolTravelsByTheNameOfItsMethod() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(tool("all"));
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            FunctionTool read = (FunctionTool) in.readObject();
            assertEquals(tool("all"), read);
            assertEquals(tool("all").getMetadata(), read.getMetadata());
            assertTrue(read.call(new ToolParameters(arguments())).success());
        }
    }

    @Test
    void aResultIsToldAsTextOrAsJson() {
        assertEquals("plain", ToolResponse.success("plain").asText());
        assertEquals("{\"value\":1}", ToolResponse.success(Map.of("value", 1)).asText());
    }
}
