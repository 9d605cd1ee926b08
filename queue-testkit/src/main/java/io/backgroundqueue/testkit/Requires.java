package io.backgroundqueue.testkit;

import io.backgroundqueue.Feature;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test of features that not every backend has; skipped, with the declared reason, where one of them does not work. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Requires {
    /** All of these must work. */
    Feature[] value();
}
