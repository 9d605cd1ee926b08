package io.backgroundqueue.spi;

import java.time.Duration;
import java.util.List;

/** What takes tasks in: a driver, or a transaction of the caller's. */
public interface Sender {
    /**
     * Stores the tasks, in as few round trips as possible. Topics may mix. The batch is within {@code Limits}: at most
     * {@code sendBatch} tasks and {@code sendBytes} payload bytes, unless a single task is larger.
     *
     * <p>An envelope whose id is stored already is the same task sent again: answer {@link SendResult#ACCEPTED} without
     * storing it twice, where the backend can tell. A task that does not fit must not fail its neighbours.
     *
     * @param timeout answer or throw within this; never longer than the queue's enqueue timeout
     * @return one result per envelope, in order
     * @throws Exception if nothing of the batch was stored, or nothing is known about any of it; {@link
     *     QueueDriver#classify} tells which
     */
    List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception;
}
