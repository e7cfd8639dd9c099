package org.apache.flink.agents.runtime.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.api.exceptions.StateFormatException;

/**
 * Values as JSON text and back, keeping their types.
 *
 * <p>JSON values stand for themselves; of integers those that fit an {@code int}. Any other type is
 * an object with the tag {@code "$"}: {@code {"$": "decimal", "v": "1.50"}}. Events, records and
 * beans are stored by the name of their class and their fields. The text is ASCII, so that odd
 * Unicode survives every store on the way. Lists come back as {@code ArrayList}, maps as {@code
 * LinkedHashMap}, where a field does not ask for another class. Safe for use by many threads.
 */
public final class StateCodec {
    /** Values nested deeper than this are refused: most likely one contains itself. */
    static final int MAX_DEPTH = 200;

    static final String TAG = "$";

    private static final ObjectMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(5000)
                                                    .maxStringLength(Integer.MAX_VALUE)
                                                    .maxNumberLength(Integer.MAX_VALUE)
                                                    .maxNameLength(Integer.MAX_VALUE)
                                                    .build())
                                    .streamWriteConstraints(
                                            StreamWriteConstraints.builder()
                                                    .maxNestingDepth(5000)
                                                    .build())
                                    .build())
                    .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private static final ObjectWriter SORTED =
            MAPPER.writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private final ValueWriter writer;
    private final ValueReader reader;

    /**
     * A codec for the values of one job.
     *
     * @param loader finds the classes that state names: the job's class loader
     */
    public StateCodec(ClassLoader loader) {
        DataClasses classes = new DataClasses(loader);
        this.writer = new ValueWriter(classes);
        this.reader = new ValueReader(classes);
    }

    /**
     * The value as JSON text.
     *
     * @throws NotStorableException if it, or a part of it, is of a type that cannot be kept in
     *     state; names the type
     */
    public String dumps(Object value) {
        return text(toJson(value));
    }

    /**
     * The value of a JSON text.
     *
     * @throws StateFormatException if the text is damaged, or names a class that does not exist here
     */
    public Object loads(String text) {
        return fromJson(parse(text));
    }

    /** The value as JSON. */
    public JsonNode toJson(Object value) {
        return writer.write(value, 0);
    }

    /** The value of JSON. */
    public Object fromJson(JsonNode body) {
        try {
            return reader.read(body);
        } catch (StateFormatException error) {
            throw error;
        } catch (RuntimeException error) {
            throw new StateFormatException("A value in state cannot be read: " + error, error);
        }
    }

    /** JSON as text, in ASCII. */
    public static String text(JsonNode body) {
        try {
            return MAPPER.writeValueAsString(body);
        } catch (JsonProcessingException error) {
            throw new NotStorableException("A value cannot be kept in state: " + error, error);
        }
    }

    /**
     * A value as JSON text in which the order of a map's entries makes no difference.
     *
     * @throws NotStorableException if it is of a type that cannot be kept in state
     */
    public String canonical(Object value) {
        try {
            return SORTED.writeValueAsString(toJson(value));
        } catch (JsonProcessingException error) {
            throw new NotStorableException("A value cannot be kept in state: " + error, error);
        }
    }

    /** The JSON of a text. */
    public static JsonNode parse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException error) {
            String start = text.substring(0, Math.min(200, text.length()));
            throw new StateFormatException(
                    "A text in state cannot be read: "
                            + error.getOriginalMessage()
                            + " in '"
                            + start
                            + "'.",
                    error);
        }
    }

    static JsonNodeFactory json() {
        return MAPPER.getNodeFactory();
    }
}
