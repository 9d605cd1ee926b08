package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.seam.QueueDriverContract;
import java.util.Objects;

/** The contract of the seam for a broken driver. Not a test: {@link ContractRun} runs it. */
final class BrokenDriverContract extends QueueDriverContract {
    private static final ThreadLocal<Subject> SUBJECT = new ThreadLocal<>();

    private record Subject(BrokenDriver broken, Patience patience) {}

    /** Says which driver the runs on this thread are about. */
    static void isAbout(BrokenDriver broken, Patience patience) {
        SUBJECT.set(new Subject(broken, patience));
    }

    @Override
    protected DriverHarness openHarness() {
        Subject subject = Objects.requireNonNull(SUBJECT.get(), "there is no driver to test on this thread");
        return new BrokenHarness(subject.broken, subject.patience);
    }
}
