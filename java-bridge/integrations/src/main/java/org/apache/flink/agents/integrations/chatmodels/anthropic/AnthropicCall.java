package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.agents.integrations.chatmodels.ModelCall;
import org.apache.flink.agents.integrations.chatmodels.Provider;

/** A call of Anthropic's API, for the errors it may end with. */
final class AnthropicCall extends ModelCall {

    private static final Provider PROVIDER =
            new Provider(
                    "Anthropic",
                    "a server of the Messages API",
                    "api_base_url, to which /v1/messages is added",
                    "api_key or ANTHROPIC_API_KEY",
                    "timeout",
                    "max_retries",
                    Set.of());

    private static final int OVERLOADED = 529;
    private static final Pattern SAMPLING_NAME =
            Pattern.compile("\\b(?:" + String.join("|", AnthropicModels.SAMPLING) + ")\\b");

    AnthropicCall(String model, String baseUrl, Duration timeout, List<String> secrets) {
        super(PROVIDER, model, baseUrl, timeout, secrets);
    }

    @Override
    protected String unavailableAdvice(int status, Map<String, Object> details) {
        if (status == OVERLOADED) {
            return "The service is overloaded: raise max_retries, or try again later.";
        }
        return super.unavailableAdvice(status, details);
    }

    @Override
    protected String requestAdvice(int status, Map<String, Object> details) {
        if (status == 402) {
            return "Check the account's billing.";
        }
        if (status == 400) {
            Matcher named = SAMPLING_NAME.matcher(String.valueOf(details.get("message")));
            if (named.find()) {
                return "To leave it out, put \""
                        + named.group()
                        + "\" with null into additional_kwargs.";
            }
        }
        if (status == 413) {
            return "Shorten the conversation, or send images by their URL.";
        }
        return super.requestAdvice(status, details);
    }
}
