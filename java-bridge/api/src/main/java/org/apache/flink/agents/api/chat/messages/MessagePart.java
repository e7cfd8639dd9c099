package org.apache.flink.agents.api.chat.messages;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.Serializable;

/** A piece of a message that has more than a text. In JSON, its members tell which one it is. */
@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
@JsonSubTypes({@JsonSubTypes.Type(TextPart.class), @JsonSubTypes.Type(ImagePart.class)})
public sealed interface MessagePart extends Serializable permits TextPart, ImagePart {}
