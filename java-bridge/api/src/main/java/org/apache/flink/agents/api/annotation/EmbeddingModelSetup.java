package org.apache.flink.agents.api.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a public static method without parameters that returns the {@code ResourceDescriptor} of
 * an embedding model. The method's name is the name of the resource.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface EmbeddingModelSetup {}
