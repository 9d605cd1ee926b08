package io.backgroundqueue.testkit;

import org.opentest4j.TestAbortedException;

/** A step failed that another rule is about: this test has nothing to say, and that rule's own test must have failed. */
final class Unmet extends TestAbortedException {
    private static final long serialVersionUID = 1;

    private final String rule;

    Unmet(String rule, Throwable cause) {
        super("given up, because rule " + rule + " does not hold: " + cause.getMessage(), cause);
        this.rule = rule;
    }

    String rule() {
        return rule;
    }
}
