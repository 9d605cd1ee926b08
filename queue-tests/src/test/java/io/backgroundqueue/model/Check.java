package io.backgroundqueue.model;

import java.util.Objects;
import java.util.function.Supplier;

/** Assertions that cost nothing while they hold: there are millions of them. */
final class Check {
    private Check() {}

    static void that(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }

    static void equal(Object actual, Object expected, Supplier<String> what) {
        that(
                Objects.equals(actual, expected),
                () -> what.get() + ": the model says " + expected + ", the driver " + actual);
    }
}
