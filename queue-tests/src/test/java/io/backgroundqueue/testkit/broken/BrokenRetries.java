package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Rules 14.44 to 14.49 broken: retries. */
final class BrokenRetries {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private BrokenRetries() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "acknowledges what should run again",
                        "14.44",
                        "1 should come on",
                        driver -> later(driver, later -> new Settlement.Ack(later.delivery()))),
                BrokenDriver.of(
                        "retries without counting",
                        "14.45",
                        "progress after Later",
                        driver -> later(
                                driver,
                                later -> new Settlement.Later(
                                        later.delivery(), later.delivery().progress(), later.start()))),
                BrokenDriver.of(
                        "makes {} of the payload [] in a retry",
                        "14.46",
                        "payload after five retries",
                        driver -> retried(
                                driver,
                                task -> task.payload().equals(Bytes.utf8("[]"))
                                        ? Copy.of(task).payload("{}").done()
                                        : task)),
                BrokenDriver.of(
                        "drops the headers in a retry",
                        "14.46",
                        "headers",
                        driver -> retried(
                                driver, task -> Copy.of(task).headers(Map.of()).done())),
                BrokenDriver.of(
                        "drops the attempts in a retry",
                        "14.46",
                        "attempts",
                        driver -> retried(
                                driver, task -> Copy.of(task).withoutAttempts().done())),
                BrokenDriver.of(
                        "counts starts from the first run",
                        "14.47",
                        "prior starts since the stored verdict",
                        driver -> Faulty.handing(
                                driver,
                                task -> Copy.moreStarts(
                                        task, Math.min(1, task.progress().verdicts())))),
                BrokenDriver.of(
                        "retries at once",
                        "14.48",
                        "must not come one millisecond early",
                        driver -> later(
                                driver,
                                later -> new Settlement.Later(later.delivery(), later.progress(), Start.now()))),
                BrokenDriver.of(
                        "leaves the original of what was retried",
                        "14.49",
                        "the only task was acknowledged, after a Later",
                        BrokenRetries::leavingTheOriginal));
    }

    private static QueueDriver later(QueueDriver driver, Function<Settlement.Later, Settlement> change) {
        return Faulty.settling(
                driver, settlement -> settlement instanceof Settlement.Later later ? change.apply(later) : settlement);
    }

    /** Tasks that ran before are handed out changed. */
    private static QueueDriver retried(QueueDriver driver, UnaryOperator<Envelope> change) {
        return Faulty.handing(
                driver,
                task -> task.progress().verdicts() == 0 ? task : Copy.with(task, change.apply(task.envelope())));
    }

    /** It turns up when the copy is done. */
    private static QueueDriver leavingTheOriginal(QueueDriver driver) {
        return Faulty.settled(driver, (settlement, outcome) -> {
            if (settlement instanceof Settlement.Ack
                    && outcome.equals(Outcome.DONE)
                    && settlement.delivery() instanceof Delivery.Task task
                    && task.progress().verdicts() > 0) {
                driver.send(List.of(task.envelope()), TIMEOUT);
            }
            return outcome;
        });
    }
}
