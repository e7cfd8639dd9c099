package org.apache.flink.agents.integrations.chatmodels;

import java.util.Set;

/**
 * How a provider and the arguments of its connection are called in errors. Internal.
 *
 * @param name for the reader
 * @param server what kind of server is expected at the URL
 * @param url the argument with the URL of the server, and what it looks like
 * @param key where the credentials come from; null if there are none
 * @param timeout the argument with the seconds that a call may take
 * @param retries the argument with the number of repetitions; null if there is none
 * @param optional parameters of a request that may be left out
 */
public record Provider(
        String name,
        String server,
        String url,
        String key,
        String timeout,
        String retries,
        Set<String> optional) {

    /** Name of the argument with the URL. */
    String urlArgument() {
        return url.split(",", 2)[0];
    }
}
