package io.backgroundqueue.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The rules of {@code docs/contract.md} that a test proves, such as {@code "14.3"}. Tests of rules share nothing but the
 * backend: where JUnit is configured to run tests in parallel, those of one contract run side by side, unless the
 * contract hurts the backend.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Execution(ExecutionMode.CONCURRENT)
public @interface Rule {
    /** One or more rule numbers. */
    String[] value();
}
