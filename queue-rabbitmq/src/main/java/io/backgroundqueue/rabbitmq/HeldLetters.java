package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The dead letters that one channel has taken from their queue: nobody else sees them until they go back. Not thread-safe. */
final class HeldLetters {
    /** How long the broker may take to take letters back, unless somebody else has them already. */
    private static final Duration TAKEN_BACK = Duration.ofSeconds(1);

    private static final Duration LOOK = Duration.ofMillis(5);
    private static final long ALL = 0;

    private final Channel channel;
    private final String queue;
    private final Time time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition never = lock.newCondition();
    private int held;

    /**
     * A letter that is held.
     *
     * @param message empty if there was no more room to keep it
     * @param behind how many are in the queue behind it
     */
    record Letter(long tag, Optional<Message> message, long behind) {
        Letter bare() {
            return new Letter(tag, Optional.empty(), behind);
        }
    }

    HeldLetters(Channel channel, String queue, Time time) {
        this.channel = channel;
        this.queue = queue;
        this.time = time;
    }

    /** Takes the next one; null at the end of the queue. */
    @Nullable
    Letter take() throws IOException {
        GetResponse next = channel.basicGet(queue, false);
        if (next == null) {
            return null;
        }
        held++;
        return new Letter(
                next.getEnvelope().getDeliveryTag(),
                Optional.of(new Message(next.getProps(), Bytes.wrap(next.getBody()))),
                next.getMessageCount());
    }

    /** Removes one for good. */
    void remove(Letter letter) throws IOException {
        channel.basicAck(letter.tag, false);
        held--;
    }

    /**
     * Has all that is held go back to where it was. That is not answered, and the next walk may come by another connection
     * and overtake it: so this waits until the broker counts them as ready again.
     */
    void giveBack() throws IOException, InterruptedException {
        int back = held;
        held = 0;
        if (back > 0) {
            channel.basicNack(ALL, true, true);
            awaitReady(back);
        }
    }

    private void awaitReady(int count) throws IOException, InterruptedException {
        long end = time.deadline(TAKEN_BACK);
        lock.lock();
        try {
            while (channel.messageCount(queue) < count && time.nanos() - end < 0) {
                time.await(lock, never, time.deadline(LOOK));
            }
        } finally {
            lock.unlock();
        }
    }
}
