package org.apache.flink.agents.api.json;

import java.util.ArrayList;
import java.util.List;

/** What is wrong with a value, said so briefly that a model can correct itself. */
final class Problems {
    private static final int MAX_PROBLEMS = 5;
    private static final int MAX_VALUE_CHARACTERS = 60;

    private final List<String> problems = new ArrayList<>();

    void add(String where, String problem) {
        problems.add(where.isEmpty() ? problem : where + ": " + problem);
    }

    void add(String where, String problem, Object got) {
        add(where, problem + " (got " + shortened(got, MAX_VALUE_CHARACTERS) + ")");
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    int size() {
        return problems.size();
    }

    @Override
    public String toString() {
        String told = String.join("; ", problems.subList(0, Math.min(size(), MAX_PROBLEMS)));
        int more = size() - MAX_PROBLEMS;
        return more > 0 ? told + "; and " + more + " more" : told;
    }

    static String join(String where, Object part) {
        return where.isEmpty() ? String.valueOf(part) : where + "." + part;
    }

    /** A value cut after so many characters, free of those that cannot be printed. */
    static String shortened(Object value, int limit) {
        String text;
        if (value instanceof String said) {
            String start = said.length() > limit ? said.substring(0, limit + 1) : said;
            text = "'" + start.replace("\n", "\\n").replaceAll("\\p{Cntrl}", "?") + "'";
        } else {
            text = String.valueOf(value);
        }
        return text.length() <= limit + 2 ? text : text.substring(0, limit) + "...";
    }
}
