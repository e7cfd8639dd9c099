package org.apache.flink.agents.bridge;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import py4j.Gateway;
import py4j.GatewayConnection;
import py4j.GatewayServerListener;
import py4j.Protocol;
import py4j.ReturnObject;
import py4j.commands.CallCommand;
import py4j.commands.Command;

/** A connection that takes calls of a {@link Facade} from a client that knows the token. */
final class LockedConnection extends GatewayConnection {

    private static final Logger LOG = LoggerFactory.getLogger(LockedConnection.class);
    private static final int AUTHENTICATION_MILLIS = 10_000;
    private static final int LONGEST_UNKNOWN_LINE = 256;

    private final Facade facade;
    private final String token;

    LockedConnection(
            Gateway gateway,
            Socket socket,
            List<GatewayServerListener> listeners,
            Facade facade,
            String token)
            throws IOException {
        super(gateway, socket, null, List.of(), listeners);
        this.facade = facade;
        this.token = token;
    }

    @Override
    protected void initCommands(Gateway gateway, List<Class<? extends Command>> commands) {
        // The commands of py4j reach every class of the JVM: none of them is taken over.
    }

    @Override
    public void startConnection() {
        Thread thread = new Thread(this, "flink-agents-bridge-connection");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        try {
            socket.setSoTimeout(AUTHENTICATION_MILLIS);
            if (isAuthenticated()) {
                socket.setSoTimeout(0);
                serve();
            }
        } catch (IOException | RuntimeException error) {
            if (socket.isClosed() || error instanceof SocketException) {
                LOG.debug("A connection of the bridge was closed.", error);
            } else {
                LOG.warn("A connection of the bridge failed: {}", error.toString());
            }
        } finally {
            shutdown(false);
        }
    }

    private boolean isAuthenticated() throws IOException {
        boolean asked = Protocol.AUTH_COMMAND_NAME.equals(shortLine());
        byte[] given = asked ? shortLine().getBytes(StandardCharsets.UTF_8) : new byte[0];
        if (MessageDigest.isEqual(given, token.getBytes(StandardCharsets.UTF_8))) {
            send(Protocol.getOutputVoidCommand());
            return true;
        }
        LOG.warn("A connection to the bridge without its token was refused.");
        send(Protocol.getOutputErrorCommand("The token is missing or wrong."));
        return false;
    }

    /** A line of somebody unknown: read with a limit, so that it cannot fill the memory. */
    private String shortLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int read = reader.read(); read >= 0 && read != '\n'; read = reader.read()) {
            if (line.length() == LONGEST_UNKNOWN_LINE) {
                return "";
            }
            line.append((char) read);
        }
        return line.toString();
    }

    private void serve() throws IOException {
        for (String command = reader.readLine(); command != null; command = reader.readLine()) {
            String target = CallCommand.CALL_COMMAND_NAME.equals(command) ? reader.readLine() : "";
            if (!Protocol.ENTRY_POINT_OBJECT_ID.equals(target)) {
                // Where a foreign command ends is not known, so nothing can follow it.
                send(Protocol.getOutputErrorCommand("Only methods of the bridge can be called."));
                return;
            }
            String method = reader.readLine();
            List<Object> arguments = arguments();
            if (arguments == null) {
                send(Protocol.getOutputErrorCommand("The bridge takes texts and numbers only."));
                return;
            }
            send(answer(method, arguments));
        }
    }

    /** The arguments of a call, or null if one of them is no text and no number. */
    private List<Object> arguments() throws IOException {
        List<Object> arguments = new ArrayList<>();
        for (String part = reader.readLine(); ; part = reader.readLine()) {
            if (part == null || part.isEmpty()) {
                return null;
            }
            if (Protocol.isEnd(part)) {
                return arguments;
            }
            if (Protocol.isString(part)) {
                arguments.add(Protocol.getString(part));
            } else if (Protocol.isInteger(part)
                    || part.charAt(0) == Protocol.LONG_TYPE) {
                arguments.add(Long.parseLong(part.substring(1)));
            } else {
                return null;
            }
        }
    }

    private String answer(String method, List<Object> arguments) {
        try {
            String value = facade.invoke(method, arguments);
            return value == null
                    ? Protocol.getOutputVoidCommand()
                    : Protocol.getOutputCommand(ReturnObject.getPrimitiveReturnObject(value));
        } catch (Exception error) {
            return Protocol.getOutputErrorCommand(String.valueOf(error.getMessage()));
        }
    }

    private void send(String answer) throws IOException {
        writer.write(answer);
        writer.flush();
    }
}
