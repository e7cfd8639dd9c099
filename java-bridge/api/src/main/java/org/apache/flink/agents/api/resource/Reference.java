package org.apache.flink.agents.api.resource;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says of a resource class that an argument names other resources, so that they are checked before
 * anything runs. The value is a name or a list of names; anything else is no reference. Subclasses
 * inherit it.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Reference.List.class)
public @interface Reference {
    /** Name of the argument. */
    String argument();

    /** Type of the resources that it names. */
    ResourceType type();

    /** Whether the argument must be given. */
    boolean required() default false;

    /** Several references. */
    @Documented
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @interface List {
        Reference[] value();
    }
}
