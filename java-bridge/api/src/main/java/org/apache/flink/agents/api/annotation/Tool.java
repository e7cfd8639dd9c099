package org.apache.flink.agents.api.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a public static method that a model may call. The method's name is the name of the tool.
 *
 * <p>Parameters are described by {@link ToolParam}. The result is shown to the model as text or
 * JSON.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Tool {
    /** What the tool does, for the model. */
    String description() default "";
}
