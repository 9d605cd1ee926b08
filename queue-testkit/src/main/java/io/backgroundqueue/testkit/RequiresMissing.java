package io.backgroundqueue.testkit;

import io.backgroundqueue.Feature;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test of how a missing feature is refused; skipped where the feature works. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface RequiresMissing {
    /** This must not work. */
    Feature value();
}
