package io.backgroundqueue.testkit;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.util.Optional;

/** What {@link io.backgroundqueue.testkit.seam.QueueDriverContract} needs besides. */
public interface DriverHarness extends QueueHarness {
    /** Opens a driver. Each call is another process as far as the backend can tell. The contract closes it. */
    QueueDriver openDriver() throws Exception;

    /**
     * Puts bytes that are no task where the backend keeps the ready tasks of {@code topic}, as a broken foreign producer
     * would.
     *
     * @return false if that cannot be done here: the rules about it are skipped
     */
    default boolean injectRaw(String topic, Bytes bytes) throws Exception {
        return false;
    }

    /**
     * A task like {@code task} that {@code capabilities()} allow and this backend refuses all the same: too large for
     * what is left, or the like.
     *
     * @return empty if there is none: the rule about it is skipped
     */
    default Optional<Envelope> refused(Envelope task) {
        return Optional.empty();
    }

    /**
     * Makes the backend believe that the worker of {@code receiver} is gone, while it still lives and holds deliveries:
     * cuts its connection or expels it from its group. Only called where leases hang on the connection; on timed leases
     * the contract lets them run out.
     *
     * @return false if that cannot be done here: the rules about it are skipped
     */
    default boolean expel(Receiver receiver) throws Exception {
        return false;
    }
}
