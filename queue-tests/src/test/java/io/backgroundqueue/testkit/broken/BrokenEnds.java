package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Support;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.Collections;
import java.util.List;

/** Rules 14.150 to 14.154 broken. */
final class BrokenEnds {
    private BrokenEnds() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "changes its mind about what it can do",
                        "14.150",
                        "capabilities after some work",
                        BrokenEnds::wavering),
                BrokenDriver.of(
                        "does not know that it is closed",
                        "14.151",
                        "class of the error",
                        driver -> new PlainDriver(driver) {
                            @Override
                            public ErrorClass classify(Exception error) {
                                return ErrorClass.TRANSIENT;
                            }
                        }),
                BrokenDriver.of(
                        "accepts tasks when it is closed",
                        "14.151",
                        "what send threw on a closed driver",
                        BrokenEnds::acceptingForEver),
                BrokenDriver.sharing(
                        "leaves a thread behind",
                        "14.152",
                        "threads should end: [left behind]",
                        backend -> driver -> leavingAThread(driver, backend)),
                BrokenDriver.of(
                        "says nothing of what is lost with it",
                        "14.154",
                        "what is lost at close with one task running and two waiting",
                        driver -> new PlainDriver(driver) {
                            @Override
                            public long lostAtClose() {
                                return 0;
                            }
                        }));
    }

    private static QueueDriver wavering(QueueDriver driver) {
        return new PlainDriver(driver) {
            private boolean asked;

            @Override
            public Capabilities capabilities() {
                Capabilities healthy = next.capabilities();
                Capabilities answer =
                        asked ? healthy.with(Feature.FIFO, Support.unsupported("not today", "ask again")) : healthy;
                asked = true;
                return answer;
            }
        };
    }

    private static QueueDriver acceptingForEver(QueueDriver driver) {
        return new PlainDriver(driver) {
            @Override
            public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
                try {
                    return next.send(batch, timeout);
                } catch (QueueException closed) {
                    return Collections.nCopies(batch.size(), SendResult.ACCEPTED);
                }
            }
        };
    }

    private static QueueDriver leavingAThread(QueueDriver driver, Backend backend) {
        Thread thread = new Thread(
                () -> {
                    try {
                        backend.closed().await();
                    } catch (InterruptedException ended) {
                        Thread.currentThread().interrupt();
                    }
                },
                "left behind");
        thread.start();
        return driver;
    }
}
