package org.apache.flink.agents.bridge;

import java.net.InetAddress;
import py4j.Gateway;
import py4j.Py4JPythonClient;

/** Stands where py4j expects a client for calls into Python: the bridge never calls back. */
final class NoPythonClient implements Py4JPythonClient {

    private static UnsupportedOperationException refusal() {
        return new UnsupportedOperationException("The bridge does not call into Python.");
    }

    @Override
    public Py4JPythonClient copyWith(InetAddress address, int port) {
        return this;
    }

    @Override
    public InetAddress getAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public int getPort() {
        return 0;
    }

    @Override
    public int getReadTimeout() {
        return 0;
    }

    @Override
    public boolean isMemoryManagementEnabled() {
        return false;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Object getPythonServerEntryPoint(Gateway gateway, Class[] interfaces) {
        throw refusal();
    }

    @Override
    public String sendCommand(String command) {
        throw refusal();
    }

    @Override
    public String sendCommand(String command, boolean blocking) {
        throw refusal();
    }

    @Override
    public void shutdown() {
        // There is nothing to shut down.
    }
}
