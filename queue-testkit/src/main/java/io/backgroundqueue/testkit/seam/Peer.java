package io.backgroundqueue.testkit.seam;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process at the seam: one driver, its workers, and its duties turned while it has one. */
final class Peer implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final QueueDriver driver;
    private final SeamTime time;
    private final List<Hand> hands = new ArrayList<>();
    private @Nullable DutyThreads duties;
    private boolean closed;

    Peer(QueueDriver driver, SeamTime time) {
        this.driver = driver;
        this.time = time;
    }

    QueueDriver driver() {
        return driver;
    }

    List<SendResult> send(List<Envelope> batch) throws Exception {
        return driver.send(batch, TIMEOUT);
    }

    Hand hand(String topic, ReceiverOptions options) throws Exception {
        Hand hand = new Hand(topic, driver.receiver(topic, options), options, time);
        hands.add(hand);
        if (duties == null) {
            duties = new DutyThreads(
                    driver.duties(), time.stepped() ? time.patience().poll() : Duration.ofDays(1));
        }
        return hand;
    }

    /** All dead letters of a topic, by a walk of its own. */
    List<DeadLetter> letters(String topic) throws Exception {
        List<DeadLetter> all = new ArrayList<>();
        try (DeadLetterCursor walk = driver.deadLetters(topic)) {
            List<DeadLetter> page = walk.next(100);
            while (!page.isEmpty()) {
                all.addAll(page);
                page = walk.next(100);
            }
        }
        return all;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            hands.forEach(Hand::close);
            if (duties != null) {
                duties.close();
            }
            driver.close();
        }
    }
}
