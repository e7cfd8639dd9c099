package org.apache.flink.agents.runtime;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.agents.runtime.state.StateCodec;

/** Identity of a call: a digest of its name and arguments. */
final class CallDigest {
    private static final int BYTES = 16;

    private CallDigest() {}

    /**
     * The digest.
     *
     * @throws org.apache.flink.agents.api.exceptions.NotStorableException if an argument is of a
     *     type that has no stable text form
     */
    static String of(StateCodec codec, String name, List<?> arguments) {
        String text = codec.canonical(Arrays.asList(name, arguments));
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, BYTES);
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // every JDK has it
        }
    }
}
