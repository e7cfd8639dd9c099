package org.apache.flink.agents.bridge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.flink.agents.bridge.wire.Json;

/**
 * The companion JVM of a Python process: serves Java chat models until its parent is gone.
 *
 * <p>Its standard input begins with a line that has the token, and ends with the parent, however that
 * ends. One line on standard output tells the port; all that is printed later goes to standard error.
 */
public final class CompanionMain {

    private CompanionMain() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        PrintStream announcements = System.out;
        System.setOut(System.err);
        BufferedReader input =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String token = input.readLine();
        if (token == null || token.isBlank()) {
            System.err.println(
                    "This program is started by flink_agents, which tells it a token on its standard"
                            + " input.");
            System.exit(2);
        }
        JavaModels models = new JavaModels();
        LockedGateway gateway = LockedGateway.start(models, token);
        announcements.println(
                Json.write(Json.object().put("port", gateway.getListeningPort())));
        announcements.flush();
        while (input.readLine() != null) {
            continue; // nothing more is said; the end is waited for
        }
        gateway.close();
        models.close();
        System.exit(0);
    }
}
