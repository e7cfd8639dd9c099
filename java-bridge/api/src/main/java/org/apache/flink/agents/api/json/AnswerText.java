package org.apache.flink.agents.api.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the JSON value in the text that a model answered. */
final class AnswerText {
    private static final Pattern FENCE = Pattern.compile("```[^\\n`]*\\n(.*?)```", Pattern.DOTALL);

    private AnswerText() {}

    /**
     * The JSON values that an answer may mean.
     *
     * <p>An answer that is JSON as a whole is the one candidate. Else the fenced blocks are, if any
     * of them is JSON, else every JSON object that stands in the text. An object inside of a
     * damaged one is never taken for the answer.
     *
     * @return one or more values, in the order of the answer
     * @throws IllegalArgumentException if there is none; says why
     */
    static List<Object> candidates(String text) {
        String whole = text.strip();
        if (whole.isEmpty()) {
            throw new IllegalArgumentException("the answer is empty");
        }
        List<Object> found = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        if (whole.startsWith("{") || whole.startsWith("[")) {
            if (add(whole, found, problems)) {
                return found;
            }
        }
        Matcher fenced = FENCE.matcher(whole);
        while (fenced.find()) {
            add(fenced.group(1).strip(), found, new ArrayList<>());
        }
        if (found.isEmpty()) {
            addObjects(whole, found, problems);
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException(
                    problems.isEmpty() ? "there is no JSON object in it" : problems.get(0));
        }
        return found;
    }

    private static void addObjects(String text, List<Object> found, List<String> problems) {
        int start = text.indexOf('{');
        while (start >= 0) {
            if (text.startsWith("{{", start)) {
                // Some models double the braces, as templates do; the inner one may be the object.
                start++;
                continue;
            }
            int end = behindClosingBrace(text, start);
            if (end < 0) {
                problems.add("the JSON object at character " + start + " does not end");
                return;
            }
            add(text.substring(start, end), found, problems);
            start = text.indexOf('{', end);
        }
    }

    /** Index behind the brace that closes the one at the start; braces in strings do not count. */
    private static int behindClosingBrace(String text, int start) {
        int depth = 0;
        boolean inString = false;
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString && c == '\\') {
                i++;
            } else if (c == '"') {
                inString = !inString;
            } else if (!inString && c == '{') {
                depth++;
            } else if (!inString && c == '}' && --depth == 0) {
                return i + 1;
            }
        }
        return -1;
    }

    private static boolean add(String json, List<Object> found, List<String> problems) {
        try {
            return found.add(JsonValues.read(json));
        } catch (JsonProcessingException error) {
            problems.add("invalid JSON: " + error.getOriginalMessage());
            return false;
        }
    }
}
