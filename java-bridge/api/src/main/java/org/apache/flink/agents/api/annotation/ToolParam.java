package org.apache.flink.agents.api.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes a parameter of a {@link Tool}, or a field of a class that a tool takes, to the model.
 */
@Documented
@Target({ElementType.PARAMETER, ElementType.FIELD, ElementType.RECORD_COMPONENT})
@Retention(RetentionPolicy.RUNTIME)
public @interface ToolParam {
    /** The name by which the model gives it. Default: the name in the program. */
    String name() default "";

    /** What it means. Default: nothing is said. */
    String description() default "";

    /**
     * Whether the model must give it. Default true; one of type {@link java.util.Optional} never
     * has to be given. One that is left out is null, or 0 or false of a primitive type.
     */
    boolean required() default true;

    /** JSON text of the value when the model leaves it out; makes it optional. Default: none. */
    String defaultValue() default "";
}
