package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.testkit.Rule;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Chapter 14 of {@code docs/contract.md}: what {@link QueueDriver} and its receivers owe the engine, tested without one.
 * An adapter extends it with a class that opens its harness and does nothing else:
 *
 * <pre>{@code
 * class RedisDriverContractTest extends QueueDriverContract {
 *     @Override
 *     protected DriverHarness openHarness() throws Exception {
 *         return RedisHarness.open();
 *     }
 * }
 * }</pre>
 *
 * <p>The sections of the chapter are the classes that this one extends, in their order. Every rule's test takes as few
 * steps as it can; a step that another rule is about gives the test up when it fails. So one fault fails one rule.
 */
public abstract class QueueDriverContract extends DeadLetterRules {
    /** For subclasses. */
    protected QueueDriverContract() {}

    @Test
    @Rule("14.150")
    public final void capabilitiesAreConstantAndSane() throws Exception {
        String topic = newTopic();
        QueueDriver driver = peer().driver();
        Capabilities before = driver.capabilities();
        assertThat(before)
                .as("capabilities of the driver, as its harness declares them")
                .isEqualTo(capabilities());
        control(hand(topic), topic);
        assertThat(driver.capabilities()).as("capabilities after some work").isEqualTo(before);
        Limits limits = before.limits();
        assertThat(limits.maxPayloadBytes()).as("maxPayloadBytes").isPositive();
        assertThat(limits.maxTopicLength()).as("maxTopicLength").isBetween(1, 128);
        assertThat(limits.sendBatch()).as("sendBatch").isPositive();
        assertThat(limits.sendBytes()).as("sendBytes").isPositive();
        assertThat(limits.sendParallelism()).as("sendParallelism").isPositive();
        assertThat(limits.priorityLevels()).as("priorityLevels").isBetween(before.has(Feature.PRIORITY) ? 2 : 1, 10);
        assertThat(limits.lateness()).as("lateness").isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(limits.leaseDetection()).as("leaseDetection").isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(limits.maxWait()).as("maxWait").isGreaterThanOrEqualTo(Duration.ZERO);
    }

    @Test
    @Rule("14.151")
    public final void aClosedDriverRefusesAndSaysWhy() throws Exception {
        String topic = newTopic();
        Peer closed = newPeer();
        QueueDriver driver = closed.driver();
        closed.close();
        Map<String, Exception> errors = new LinkedHashMap<>();
        errors.put("send", catchException(() -> closed.send(List.of(task(topic).at(now())))));
        errors.put("receiver", catchException(() -> driver.receiver(topic, options())));
        errors.put("check", catchException(driver::check));
        errors.forEach((call, error) -> {
            assertThat(error).as("what " + call + " threw on a closed driver").isNotNull();
            assertThat(driver.classify(error))
                    .as("class of the error '" + error + "' of " + call + " on a closed driver")
                    .isEqualTo(ErrorClass.CLOSED);
        });
    }

    @Test
    @Rule("14.152")
    public final void aClosedDriverLeavesNoThreadThatKeepsTheProgramAlive() throws Exception {
        ThreadGroup group = new ThreadGroup("contract-test");
        String topic = newTopic();
        onAThreadOf(group, () -> {
            Peer peer = newPeer();
            peer.hand(topic, options()).look(1);
            peer.send(List.of(task(topic).at(now())));
            peer.close();
            return topic;
        });
        patience().eventually(() -> left(group).isEmpty(), () -> "threads should end: " + left(group));
    }

    /**
     * Threads inherit their group, which keeps those of other tests out of this one; and whether they are daemons, as those
     * are on which tests run in parallel.
     */
    private static void onAThreadOf(ThreadGroup group, Callable<?> step) throws Exception {
        FutureTask<?> task = new FutureTask<>(step);
        Thread thread = new Thread(group, task, "contract-test");
        thread.setDaemon(false);
        thread.start();
        thread.join();
        task.get();
    }

    private static Set<String> left(ThreadGroup group) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon() && isIn(group, thread))
                .map(Thread::getName)
                .collect(Collectors.toSet());
    }

    /** A thread that has ended is in no group. */
    private static boolean isIn(ThreadGroup group, Thread thread) {
        ThreadGroup its = thread.getThreadGroup();
        return its != null && group.parentOf(its);
    }

    @Test
    @Rule("14.154")
    public final void whatIsLostAtCloseIsSaid() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task done = control(hand, topic);
        acked(hand, done);
        control(hand, topic);
        send(topic, 2);
        boolean forgets = capabilities().durability() == Durability.PROCESS;
        QueueDriver driver = peer().driver();
        patience()
                .eventually(
                        () -> driver.lostAtClose() == (forgets ? 3 : 0),
                        () -> "what is lost at close with one task running and two waiting is said to be "
                                + driver.lostAtClose());
    }
}
