package org.apache.flink.agents.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.io.OutputStreamWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client of the bridge can do, word by word as py4j sends it, and what it cannot. */
class LockedGatewayTest {

    private static final String TOKEN = "the-token";

    private final AtomicInteger served = new AtomicInteger();
    private LockedGateway gateway;

    @BeforeEach
    void start() {
        Facade facade =
                (method, arguments) -> {
                    served.incrementAndGet();
                    return method.equals("echo") ? String.valueOf(arguments.get(0)) : null;
                };
        gateway = LockedGateway.start(facade, TOKEN);
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    /** A connection on which lines are sent. */
    private final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader answers;
        private final Writer commands;

        Client() throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), gateway.getListeningPort());
            socket.setSoTimeout(20_000);
            answers =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.UTF_8));
            commands = new OutputStreamWriter(socket.getOutputStream(), StandardCharsets.UTF_8);
        }

        Client authenticated() throws IOException {
            assertEquals("!yv", ask("A\n" + TOKEN + "\n"));
            return this;
        }

        /** The answer, or null if the connection was closed instead. */
        String ask(String command) throws IOException {
            try {
                commands.write(command);
                commands.flush();
                return answers.readLine();
            } catch (SocketException closed) {
                return null;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void aMethodOfTheFacadeCanBeCalled() throws IOException {
        try (Client client = new Client().authenticated()) {
            assertEquals("!ysa\\nb\\\\ü", client.ask("c\nt\necho\nsa\\nb\\\\ü\ne\n"));
            assertEquals("!ys7", client.ask("c\nt\necho\ni7\ne\n"));
            assertEquals("!yv", client.ask("c\nt\nother\ne\n"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // System.exit(0), Runtime.getRuntime(), a constructor
                "c\nz:java.lang.System\nexit\ni0\ne\n",
                "c\nz:java.lang.Runtime\ngetRuntime\ne\n",
                "i\njava.util.ArrayList\ne\n",
                // other objects of py4j, and anything that was handed out
                "c\nGATEWAY_SERVER\nshutdown\ne\n",
                "c\nj\nx\ne\n",
                "c\no0\ntoString\ne\n",
                // fields, arrays, lists, reflection, the view of the JVM, memory, help, dir
                "f\ng\nt\nfacade\ne\n",
                "f\ns\nt\nfacade\ns1\ne\n",
                "a\nc\ni1\ne\n",
                "l\ns\no0\ne\n",
                "r\nu\njava.lang.System\nrj\ne\n",
                "r\nm\njava.lang.System\nexit\ne\n",
                "r\nc\njava.lang.System\ne\n",
                "j\nc\nview\ne\n",
                "j\ni\nrj\nsjava.util.*\ne\n",
                "m\nd\no0\ne\n",
                "m\na\no0\ne\n",
                "h\no\nt\nn\ntrue\ne\n",
                "d\nm\nt\nn\ne\n",
                "p\no0\ne\n",
                "S\nt\necho\nsx\ne\n",
                "s\n",
                "\n",
                "unknown\n",
                // references, proxies, and values that are no texts and no numbers
                "c\nt\necho\nro0\ne\n",
                "c\nt\necho\nrt\ne\n",
                "c\nt\necho\nfp0;java.lang.Runnable\ne\n",
                "c\nt\necho\njAAAA\ne\n",
                "c\nt\necho\nn\ne\n",
            })
    void anAuthenticatedClientReachesNothingElse(String command) throws IOException {
        try (Client client = new Client().authenticated()) {
            String answer = client.ask(command);
            assertTrue(answer == null || answer.startsWith("!x"), answer);
            assertEquals(0, served.get());
            // Where the command ended is not known, so the connection is closed.
            assertNull(client.ask(""));
        }
        try (Client next = new Client().authenticated()) {
            assertEquals("!ysstill here", next.ask("c\nt\necho\nsstill here\ne\n"));
        }
    }

    @Test
    void methodsOfJavaObjectsAreOnlyNamesForTheFacade() throws IOException {
        JavaModels models = new JavaModels();
        try (LockedGateway real = LockedGateway.start(models, TOKEN)) {
            gateway.close();
            gateway = real;
            try (Client client = new Client().authenticated()) {
                for (String method : new String[] {"getClass", "hashCode", "close", "notify"}) {
                    String answer = client.ask("c\nt\n" + method + "\ne\n");
                    assertTrue(answer.startsWith("!xs"), answer);
                    assertTrue(answer.contains("has no method " + method), answer);
                }
            }
        }
        models.close();
    }

    @Test
    void aThousandConnectionsWithoutTheTokenAreRefused() throws IOException {
        String call = "c\nt\necho\nsx\ne\n";
        String[] beginnings = {call, "A\nwrong\n" + call, "A\n\n" + call, "A\n" + TOKEN + "x\n" + call};
        for (int i = 0; i < 1_000; i++) {
            try (Client client = new Client()) {
                String answer = client.ask(beginnings[i % beginnings.length]);
                assertTrue(answer == null || answer.startsWith("!x"), answer);
            }
        }
        assertEquals(0, served.get());
        try (Client client = new Client().authenticated()) {
            assertEquals("!ysx", client.ask(call));
        }
    }

    @Test
    void anEndlessLineOfSomebodyUnknownIsNotRead() throws IOException {
        try (Client client = new Client()) {
            String answer = client.ask("A".repeat(1_000_000));
            assertTrue(answer == null || answer.startsWith("!x"), answer);
        }
    }

    @Test
    void itListensOnTheLoopbackInterfaceOnly() {
        assertTrue(gateway.getAddress().isLoopbackAddress());
    }
}
