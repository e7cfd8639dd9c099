package org.apache.flink.agents.api.chat.messages;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Base64;

/**
 * An image in a message, by its address or by its bytes.
 *
 * @param url where the model's server finds it, {@code http://} or {@code https://}; or null
 * @param data the bytes of the file in base64, instead of {@code url}; or null
 * @param mediaType of {@code data}, such as {@code image/png}; or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImagePart(
        @JsonProperty("url") String url,
        @JsonProperty("data") String data,
        @JsonProperty("media_type") String mediaType)
        implements MessagePart {
    /**
     * @throws IllegalArgumentException unless there is either a URL, or data with its media type
     */
    public ImagePart {
        if ((url == null) == (data == null)) {
            throw new IllegalArgumentException("An image is given either by url or by data.");
        }
        if (data != null && (mediaType == null || !mediaType.startsWith("image/"))) {
            throw new IllegalArgumentException(
                    "An image given by data needs its media_type, such as 'image/png'.");
        }
    }

    /** An image by its address. */
    public static ImagePart ofUrl(String url) {
        return new ImagePart(url, null, null);
    }

    /** An image by the bytes of its file. */
    public static ImagePart ofBytes(byte[] bytes, String mediaType) {
        return new ImagePart(null, Base64.getEncoder().encodeToString(bytes), mediaType);
    }

    /** The URL, or the bytes as a {@code data:} URL. */
    public String address() {
        return url != null ? url : "data:" + mediaType + ";base64," + data;
    }

    @Override
    public String toString() {
        return "ImagePart[" + (url != null ? url : mediaType) + "]";
    }
}
