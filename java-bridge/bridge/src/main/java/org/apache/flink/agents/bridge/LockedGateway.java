package org.apache.flink.agents.bridge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import py4j.Gateway;
import py4j.GatewayServer;
import py4j.Py4JServerConnection;

/**
 * A py4j server on the loopback interface that serves one {@link Facade} and nothing else.
 *
 * <p>py4j lets an authenticated client use every class of the JVM. Here each connection knows two
 * commands only: to authenticate, and to call a method of the facade by name, with texts and
 * numbers. No class, constructor, field or further object can be named.
 */
final class LockedGateway extends GatewayServer implements AutoCloseable {

    private final Facade facade;
    private final String token;
    private volatile boolean closed;

    private LockedGateway(Facade facade, String token) {
        super(
                (Object) null,
                0,
                InetAddress.getLoopbackAddress(),
                DEFAULT_CONNECT_TIMEOUT,
                DEFAULT_READ_TIMEOUT,
                List.of(),
                new NoPythonClient());
        this.facade = facade;
        this.token = token;
    }

    /**
     * Starts a server on a free port.
     *
     * @param facade what it serves
     * @param token what a client must know
     * @return the running server
     */
    static LockedGateway start(Facade facade, String token) {
        LockedGateway gateway = new LockedGateway(facade, token);
        gateway.startSocket();
        Thread thread = new Thread(gateway, "flink-agents-bridge");
        thread.setDaemon(true);
        thread.start();
        return gateway;
    }

    @Override
    protected Py4JServerConnection createConnection(Gateway gateway, Socket socket)
            throws IOException {
        // py4j writes long answers in pieces, which would wait for each other.
        socket.setTcpNoDelay(true);
        LockedConnection connection =
                new LockedConnection(gateway, socket, getListeners(), facade, token);
        connection.startConnection();
        return connection;
    }

    @Override
    protected void fireServerError(Exception error) {
        if (!closed) {
            super.fireServerError(error);
        }
    }

    /** Closes the port and all connections. */
    @Override
    public void close() {
        closed = true;
        shutdown();
    }
}
