package io.backgroundqueue.testkit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.opentest4j.TestAbortedException;

/**
 * What all contracts share: one harness per test, and a report at the end. Tests are flat, public, final, and named as
 * sentences; each names its {@link Rule}.
 *
 * @param <H> the harness it needs
 */
@ExtendWith({ConformanceReport.class, Requirements.class})
public abstract class Contract<H extends QueueHarness> {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, String> notes = new TreeMap<>();
    private String testName = "";
    private @Nullable H harness;

    /** For subclasses. */
    protected Contract() {}

    /** Opens a harness. Called once per test, on its thread; the contract closes it. */
    protected abstract H openHarness() throws Exception;

    /** The harness of this test. */
    protected final H harness() {
        H opened = harness;
        if (opened == null) {
            opened = opened();
            harness = opened;
        }
        return opened;
    }

    /** How long this test waits. */
    protected final Patience patience() {
        return harness().patience();
    }

    /** A topic of this test's own; each call answers another. */
    protected final String newTopic() {
        return harness().newTopic(testName);
    }

    /** Closes {@code resource} after the test, before everything that was given earlier. */
    protected final <T extends AutoCloseable> T closeLater(T resource) {
        open.push(resource);
        return resource;
    }

    /**
     * Takes a step that the test needs and another rule is about. If it fails, so will that rule's own test, and this one
     * is given up instead of failing too: one fault, one failed rule. If that rule's tests pass after all, the contract
     * fails as a whole.
     */
    protected final <T> T given(String rule, Callable<T> step) throws Exception {
        try {
            return step.call();
        } catch (TestAbortedException | InterruptedException notAFailure) {
            throw notAFailure;
        } catch (Exception | AssertionError failed) {
            throw new Unmet(rule, failed);
        }
    }

    /** Writes a fact into the report, such as how many duplicates there were. */
    protected final void note(String name, Object value) {
        notes.put(name, String.valueOf(value));
    }

    final Map<String, String> notes() {
        return notes;
    }

    /** Remembers the test's name for topics. */
    @BeforeEach
    public final void rememberTheTestsName(TestInfo test) {
        testName = test.getTestMethod().map(method -> method.getName()).orElse("test");
    }

    /** Closes all that the test opened, the last first, and then the harness. */
    @AfterEach
    public final void closeAll() throws Exception {
        Exception first = null;
        H opened = harness;
        if (opened != null) {
            open.addLast(opened);
        }
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception failed) {
                if (first == null) {
                    first = failed;
                } else {
                    first.addSuppressed(failed);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private H opened() {
        try {
            return openHarness();
        } catch (RuntimeException plain) {
            throw plain;
        } catch (Exception failed) {
            throw new IllegalStateException("The harness could not be opened: " + failed.getMessage(), failed);
        }
    }
}
