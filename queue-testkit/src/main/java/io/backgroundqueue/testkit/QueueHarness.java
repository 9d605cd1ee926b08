package io.backgroundqueue.testkit;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * What a contract needs to know of a backend. One harness serves one test; a broker behind it is started once per JVM,
 * with {@link Brokers#shared}, and serves them all.
 */
public interface QueueHarness extends AutoCloseable {
    /** The adapter's short name, the same in every test: a column of the report. */
    String adapter();

    /** What the queues of this harness can do, without opening one. */
    Capabilities capabilities();

    /**
     * Opens a queue. Each call is another process as far as the backend can tell: nothing is shared but the backend
     * itself. On a {@link #time() steppable clock} the harness puts that clock into the options. The contract closes
     * what it opens.
     */
    BackgroundQueue openQueue(QueueOptions options) throws Exception;

    /** A URL by which another JVM opens the same backend; empty where the backend lives in this one. */
    default Optional<String> url() {
        return Optional.empty();
    }

    /** A legal topic that no other test uses; the test's name is in it, for whoever reads a log. */
    default String newTopic(String testName) {
        String unique = UUID.randomUUID().toString().substring(0, 8);
        String legal = testName.replaceAll("[^A-Za-z0-9._-]", "");
        int room = Math.min(48, capabilities().limits().maxTopicLength() - unique.length() - 1);
        return legal.substring(0, Math.min(legal.length(), Math.max(room, 0))) + "-" + unique;
    }

    /** How to hurt the broker; empty where there is none, or where it is not ours to hurt. */
    default Optional<BrokerControl> broker() {
        return Optional.empty();
    }

    /** The clock of the backend and of every queue of this harness, if tests turn it; empty for real time. */
    default Optional<SteppableTime> time() {
        return Optional.empty();
    }

    /**
     * Whether queues here take codec, interceptors, listeners, bounds and defaults from their {@link QueueOptions}. An
     * implementation of {@link BackgroundQueue} of its own may not; the rules about them are then skipped.
     */
    default boolean takesQueueOptions() {
        return true;
    }

    /**
     * Whether each queue goes by the clock in its own options, its driver included. Where all share the backend's clock,
     * because that lives in this process, the rule about clocks that jump is skipped.
     */
    default boolean ownClocks() {
        return time().isEmpty();
    }

    /**
     * A lease that the backend takes: short enough for tests to wait for the end of it, and long enough to be renewed in
     * time on a busy machine.
     */
    default Duration shortLease() {
        return Duration.ofSeconds(2);
    }

    /** Opens a store that the backend brings along; the contract closes it. Without one, the rules about it are skipped. */
    default Optional<KeyValueStore> openStore() throws Exception {
        return Optional.empty();
    }

    /** How long tests wait here. */
    default Patience patience() {
        return Patience.standard();
    }

    /** The broker's version, for the report; {@code "-"} without a broker. */
    String brokerVersion();

    /** How the broker came to run, for the report: {@code container redis:8-alpine}, {@code local process}, … */
    String startedBy();

    /** Gives back what the harness itself holds; the broker stays. */
    @Override
    void close();
}
