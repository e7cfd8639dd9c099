package org.apache.flink.agents.bridge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.agents.api.exceptions.EnvironmentSetupException;
import org.apache.flink.agents.bridge.wire.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The companion Python process: started with its token, its output forwarded to the log. */
final class PythonProcess {

    private static final Logger LOG = LoggerFactory.getLogger("flink_agents.python");
    private static final String MODULE = "flink_agents.bridge.python_companion";
    private static final int LAST_LINES = 20;
    private static final long STOP_SECONDS = 8;

    private final Process process;
    private final Thread forwarder;
    private final Deque<String> lastLines = new ArrayDeque<>();

    /**
     * Starts a process.
     *
     * @param executable the Python that has the package
     * @param port of this JVM's server
     * @param token what the server asks for
     * @throws EnvironmentSetupException if there is no such program
     */
    PythonProcess(String executable, int port, String token) {
        ProcessBuilder builder = new ProcessBuilder(executable, "-u", "-m", MODULE);
        builder.redirectErrorStream(true);
        try {
            process = builder.start();
        } catch (IOException error) {
            throw new EnvironmentSetupException(
                    ("Python chat models need a Python with the package pyflink-agents, but %s "
                                    + "cannot be started (%s). Set python.executable in the Flink "
                                    + "configuration, or the environment variable "
                                    + "FLINK_AGENTS_PYTHON.")
                            .formatted(executable, error.getMessage()));
        }
        forwarder = new Thread(this::forward, "flink-agents-python-output");
        forwarder.setDaemon(true);
        forwarder.start();
        String place = Json.write(Json.object().put("port", port).put("token", token));
        try {
            // The stream stays open: its end tells the process that this JVM is gone.
            OutputStream input = process.getOutputStream();
            input.write((place + "\n").getBytes(StandardCharsets.US_ASCII));
            input.flush();
        } catch (IOException error) {
            LOG.debug("The companion process ended before it was told where to go.", error);
        }
    }

    /** Completes when the process has ended. */
    CompletableFuture<Process> onExit() {
        return process.onExit();
    }

    long pid() {
        return process.pid();
    }

    /** For the reader: what became of the process. */
    String howItEnded() {
        if (process.isAlive()) {
            return "it does not answer";
        }
        // The JDK tells the end by a signal as Unix shells do.
        int code = process.exitValue();
        return code > 128
                ? "it was ended by signal " + (code - 128)
                : "it ended with exit code " + code;
    }

    /** What it printed last. */
    String lastWords() {
        try {
            forwarder.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
        synchronized (lastLines) {
            return lastLines.isEmpty() ? "nothing" : String.join("; ", lastLines);
        }
    }

    /** Ends the process; kills it if it does not end by itself. */
    void stop(boolean kill) {
        try {
            process.getOutputStream().close();
        } catch (IOException error) {
            LOG.debug("The companion process has ended already.", error);
        }
        boolean interrupted = false;
        try {
            if (kill || !process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(STOP_SECONDS, TimeUnit.SECONDS);
            }
            forwarder.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
        } catch (InterruptedException error) {
            interrupted = true;
            process.destroyForcibly();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void forward() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                LOG.info("python: {}", line);
                synchronized (lastLines) {
                    lastLines.addLast(line);
                    if (lastLines.size() > LAST_LINES) {
                        lastLines.removeFirst();
                    }
                }
            }
        } catch (IOException error) {
            LOG.debug("The output of the companion process ended.", error);
        }
    }
}
