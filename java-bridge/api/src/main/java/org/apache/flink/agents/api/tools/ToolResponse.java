package org.apache.flink.agents.api.tools;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.flink.agents.api.json.JsonValues;

/**
 * The result of a tool call.
 *
 * @param success whether the tool did its work
 * @param result what it returned, a value that can be kept in state; null of a failed call
 * @param error what went wrong, for the model; null of a call that succeeded
 */
@JsonAutoDetect(
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ToolResponse(
        @JsonProperty("success") boolean success,
        @JsonProperty("result") Object result,
        @JsonProperty("error") String error) {

    /** The tool returned a value, which may be null. */
    public static ToolResponse success(Object result) {
        return new ToolResponse(true, result, null);
    }

    /** The tool failed; the text is meant for the model. */
    public static ToolResponse error(String error) {
        return new ToolResponse(false, null, error);
    }

    public boolean isSuccess() {
        return success;
    }

    public Object getResult() {
        return result;
    }

    public String getError() {
        return error;
    }

    /** What the model is told: the error, a text as it is, anything else as JSON. */
    public String asText() {
        return success ? JsonValues.text(result) : error;
    }
}
