package io.backgroundqueue.spi;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import java.util.List;

/**
 * A backend, reduced to moving bytes. Thread-safe: the engine sends on several threads while others receive. Its builder
 * opens it and verifies once that the backend can be reached and is set up; from then on a call that finds the
 * connection gone rebuilds it, or throws, and the engine supplies pause and repetition.
 *
 * <p>Every call returns or throws within {@link ReceiverOptions#callTimeout()} (10 seconds), {@link #send} within its
 * timeout: a shutdown is bounded without interrupting anything. Errors are thrown as they come from the client library;
 * the engine wraps them once. Topics are legal names; the engine has refused what {@link #capabilities()} does not
 * offer.
 */
public interface QueueDriver extends Sender, AutoCloseable {
    /** What this backend, in this version and mode, can do. Decided when it was opened; constant and without I/O. */
    Capabilities capabilities();

    /**
     * A new receiver of a topic. Several may be open at once, also of one topic; they share connections. Creating the
     * topic's structures belongs here or into {@link #send}.
     */
    Receiver receiver(String topic, ReceiverOptions options) throws Exception;

    /** A walk through the topic's dead letters, oldest first. */
    DeadLetterCursor deadLetters(String topic) throws Exception;

    /** How the topic stands; what the backend cannot know is absent. Only called where {@code STATS} is declared. */
    default TopicStats stats(String topic) throws Exception {
        throw new UnsupportedOperationException("STATS is declared, but stats is not implemented");
    }

    /** Withdraws a task that no receiver holds. Only called where {@code CANCEL} is declared. */
    default boolean cancel(String topic, String taskId) throws Exception {
        throw new UnsupportedOperationException("CANCEL is declared, but cancel is not implemented");
    }

    /**
     * Deletes the waiting tasks or the dead letters of a topic.
     *
     * @return how many
     */
    long purge(String topic, Scope scope) throws Exception;

    /** Talks to the backend once, and throws if it is not ready for use. */
    void check() throws Exception;

    /**
     * Steps that must go on beside sending and receiving, for all topics together. Asked once after opening; turned
     * while at least one receiver is open; closed before the driver.
     */
    default List<Duty> duties() {
        return List.of();
    }

    /** What kind of error this is. Unknown errors of a network are {@link ErrorClass#OUTCOME_UNKNOWN}. */
    ErrorClass classify(Exception error);

    /** How many tasks are gone for good once this driver is closed: 0 unless the backend is this process's memory. */
    default long lostAtClose() {
        return 0;
    }

    /** Ends all connections. Called once, after all receivers and duties were closed. Never throws. */
    @Override
    void close();
}
