package org.apache.flink.agents.integrations.chatmodels.http;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A POST request. Internal.
 *
 * @param uri where it goes
 * @param headers by name; a length is added by the transport
 * @param body the bytes to send
 * @param timeout for everything from the first to the last byte; zero for no limit
 */
public record HttpCall(
        URI uri, Map<String, List<String>> headers, byte[] body, Duration timeout) {}
