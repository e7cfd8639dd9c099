package org.apache.flink.agents.integrations.chatmodels.azureai;

import java.time.Duration;
import java.util.Map;
import org.apache.flink.agents.integrations.chatmodels.http.CallHandle;

/**
 * What a request carries with it through the pipeline of the SDK.
 *
 * @param handle of the call
 * @param body the JSON to send
 * @param headers of this request
 * @param query of this request
 * @param timeout of each attempt
 */
record AzureCall(
        CallHandle handle,
        byte[] body,
        Map<String, String> headers,
        Map<String, String> query,
        Duration timeout) {}
