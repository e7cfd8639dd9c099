package org.apache.flink.agents.plan;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.apache.flink.agents.api.resource.Secrets;

/** Finds what somebody may have meant by a name that nobody declared. */
final class NearNames {
    private NearNames() {}

    /** What to do about a resource that is not declared. */
    static String fix(AgentPlan plan, ResourceKey missing) {
        Set<ResourceKey> keys = plan.resources().keySet();
        for (ResourceKey key : keys) {
            if (key.name().equals(missing.name()) && key.type() != missing.type()) {
                return "There is a %s of that name; a %s is needed here."
                        .formatted(key.type().getValue(), missing.type().getValue());
            }
        }
        List<String> known =
                keys.stream()
                        .filter(key -> key.type() == missing.type())
                        .map(ResourceKey::name)
                        .sorted()
                        .toList();
        if (known.isEmpty()) {
            return "Declare it with %s, or with addResource."
                    .formatted(DeclaredResources.annotationFor(missing.type()));
        }
        String near =
                known.stream()
                        .min(Comparator.comparingInt(name -> distance(name, missing.name())))
                        .orElseThrow();
        return distance(near, missing.name()) <= Math.max(2, missing.name().length() / 3)
                ? "Did you mean '" + near + "'?"
                : "Declared are: " + String.join(", ", known) + ".";
    }

    /**
     * How many characters to add, take away or change until the names are one, in either spelling.
     */
    private static int distance(String name, String other) {
        String first = Secrets.snakeCase(name);
        String second = Secrets.snakeCase(other);
        int[] row = new int[second.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= first.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                int change = first.charAt(i - 1) == second.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], above) + 1, diagonal + change);
                diagonal = above;
            }
        }
        return row[second.length()];
    }
}
