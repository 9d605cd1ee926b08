package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Contract;
import io.backgroundqueue.testkit.DriverHarness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the rules of the seam share: processes, workers, tasks, and steps that other rules are about. Each rule's test
 * uses as few operations as it can, so that one fault of a driver fails one rule.
 */
public abstract class SeamContract extends Contract<DriverHarness> {
    /** A progress in which every field differs from {@link Progress#NONE}. */
    static final Progress PROGRESS = new Progress(3, 2, 1, false, Optional.of("java.io.IOException: nicht möglich 🙁"));

    private @Nullable SeamTime time;
    private @Nullable Peer peer;

    SeamContract() {}

    final Capabilities capabilities() {
        return harness().capabilities();
    }

    final Limits limits() {
        return capabilities().limits();
    }

    final SeamTime time() {
        SeamTime known = time;
        if (known == null) {
            known = new SeamTime(harness().time(), patience());
            time = known;
        }
        return known;
    }

    final Instant now() {
        return time().now();
    }

    final void pass(Duration duration) throws Exception {
        time().pass(duration);
    }

    /** This test's first process. */
    final Peer peer() throws Exception {
        Peer known = peer;
        if (known == null) {
            known = newPeer();
            peer = known;
        }
        return known;
    }

    /** Another process. */
    final Peer newPeer() throws Exception {
        return closeLater(new Peer(harness().openDriver(), time()));
    }

    /** Options under which nothing gets in the way of a test: a lease longer than any test on it. */
    final ReceiverOptions options() {
        return options(Duration.ofSeconds(30));
    }

    final ReceiverOptions options(Duration lease) {
        return options(lease, 1_000, 8 << 20);
    }

    final ReceiverOptions options(Duration lease, int maxUnsettled, int maxBytes) {
        return new ReceiverOptions(
                10,
                OptionalInt.empty(),
                maxUnsettled,
                maxBytes,
                lease,
                Duration.ofSeconds(1),
                Peer.TIMEOUT,
                "kit-" + UUID.randomUUID());
    }

    /** A lease that a test can wait for. */
    final Duration shortLease() {
        return time().stepped() ? Duration.ofSeconds(30) : Duration.ofSeconds(2);
    }

    /** A delay that a test can wait for. */
    final Duration shortDelay() {
        return time().stepped() ? Duration.ofMinutes(10) : Duration.ofSeconds(1);
    }

    /** A worker of this test's first process. */
    final Hand hand(String topic) throws Exception {
        return peer().hand(topic, options());
    }

    /** A worker of another process. */
    final Hand otherHand(String topic) throws Exception {
        return newPeer().hand(topic, options());
    }

    final TaskDraft task(String topic) {
        return new TaskDraft(topic);
    }

    /** Sends tasks, which are accepted. */
    final List<Envelope> send(TaskDraft... drafts) throws Exception {
        Instant now = now();
        List<Envelope> batch = Arrays.stream(drafts).map(draft -> draft.at(now)).toList();
        sendAll(batch);
        return batch;
    }

    final Envelope send(TaskDraft draft) throws Exception {
        return send(new TaskDraft[] {draft}).get(0);
    }

    final List<Envelope> send(String topic, int count) throws Exception {
        return send(IntStream.range(0, count).mapToObj(i -> task(topic)).toArray(TaskDraft[]::new));
    }

    /** Sends tasks in batches within the limits; all are accepted. */
    final void sendAll(List<Envelope> tasks) throws Exception {
        List<Envelope> batch = new ArrayList<>();
        long bytes = 0;
        for (Envelope task : tasks) {
            if (batch.size() == limits().sendBatch()
                    || (!batch.isEmpty() && bytes + task.payload().size() > limits().sendBytes())) {
                sendBatch(batch);
                batch.clear();
                bytes = 0;
            }
            batch.add(task);
            bytes += task.payload().size();
        }
        sendBatch(batch);
    }

    private void sendBatch(List<Envelope> batch) throws Exception {
        List<SendResult> results = given("14.2", () -> {
            List<SendResult> answered = peer().send(List.copyOf(batch));
            assertThat(answered).as("results of a batch of " + batch.size()).hasSize(batch.size());
            return answered;
        });
        given("14.1", () -> {
            assertThat(results)
                    .as("results of tasks that nothing speaks against")
                    .allMatch(SeamContract::accepted);
            return results;
        });
    }

    static boolean accepted(SendResult result) {
        return result instanceof SendResult.Accepted;
    }

    /** Takes the next task, which comes. */
    final Delivery.Task taken(Hand hand) throws Exception {
        return given("14.1", hand::take);
    }

    final List<Delivery.Task> taken(Hand hand, int count) throws Exception {
        return given("14.1", () -> hand.take(count));
    }

    /** Acknowledges, which works. */
    final void acked(Hand hand, Delivery.Task task) throws Exception {
        given("14.43", () -> done(hand.ack(task), "Ack"));
    }

    /** Has the task run again; takes it again, which comes. */
    final Delivery.Task retried(Hand hand, Delivery.Task task, Progress progress) throws Exception {
        return given("14.44", () -> {
            done(hand.later(task, progress, Start.now()), "Later");
            return hand.take();
        });
    }

    /** Sends a task to the dead letters; answers its letter, which is there. */
    final DeadLetter buried(Hand hand, Delivery.Task task) throws Exception {
        return given("14.50", () -> {
            done(hand.dead(task, PROGRESS, DeadReason.NON_RETRYABLE), "Dead");
            return letterOf(task.envelope());
        });
    }

    /** Waits for the dead letter of a task. */
    final DeadLetter letterOf(Envelope task) throws Exception {
        List<DeadLetter> letters = new ArrayList<>();
        patience()
                .eventually(
                        () -> letters.addAll(peer().letters(task.topic()).stream()
                                .filter(letter -> letter.id().equals(task.taskId()))
                                .toList()),
                        () -> "there should be a dead letter of " + task.taskId() + " on " + task.topic());
        return letters.get(0);
    }

    /** Takes all these tasks, which come; answers them in the order of {@code sent}. */
    final List<Delivery.Task> taken(Hand hand, List<Envelope> sent) throws Exception {
        List<String> ids = sent.stream().map(Envelope::taskId).toList();
        return given("14.1", () -> hand.takeAll(Set.copyOf(ids))).stream()
                .collect(Collectors.toMap(task -> task.envelope().taskId(), task -> task, (first, copy) -> first))
                .values()
                .stream()
                .sorted(Comparator.comparing(task -> ids.indexOf(task.envelope().taskId())))
                .toList();
    }

    /** One task is sent on this topic and taken, which works. */
    final Delivery.Task control(Hand hand, String topic) throws Exception {
        send(task(topic));
        return taken(hand);
    }

    /** A task that is out is not handed out again, on a topic of its own. */
    final void givenHeldOnce() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        given("14.30", () -> {
            hand.expectNothing("a task that is out is not handed out again");
            return hand;
        });
    }

    /** A delayed task is not handed out at once, on a topic of its own. */
    final void givenDelayed() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(task(topic).delay(shortDelay()));
        given("14.80", () -> {
            hand.expectNothing("its delay is " + shortDelay());
            return hand;
        });
    }

    /** A task with every field set that this backend supports; without a key, which goes with no priority. */
    final TaskDraft fullTask(String topic) {
        TaskDraft draft = task(topic).header("traceparent", "00-abc-01").header("X-Tenant", "a b");
        if (capabilities().has(Feature.PRIORITY)) {
            draft.priority(7);
        }
        if (capabilities().has(Feature.ATTEMPTS)) {
            draft.attempts(4);
        }
        if (capabilities().has(Feature.EXPIRY)) {
            draft.expiresAfter(Duration.ofMinutes(90));
        }
        if (capabilities().has(Feature.DEDUPLICATION)) {
            draft.deduplication("order-" + UUID.randomUUID(), Duration.ofMinutes(7));
        }
        return draft;
    }

    /** Compares all fields but the payload, one by one, for the message's sake. */
    static void assertSameFields(Envelope actual, Envelope expected) {
        assertThat(actual.taskId()).as("task id").isEqualTo(expected.taskId());
        assertThat(actual.topic()).as("topic").isEqualTo(expected.topic());
        assertThat(actual.start()).as("start, which is spent").isEqualTo(Start.now());
        assertThat(actual.priority()).as("priority").isEqualTo(expected.priority());
        assertThat(actual.headers()).as("headers").isEqualTo(expected.headers());
        assertThat(actual.deduplication()).as("deduplication").isEqualTo(expected.deduplication());
        assertThat(actual.orderingKey()).as("ordering key").isEqualTo(expected.orderingKey());
        assertThat(actual.attempts()).as("attempts").isEqualTo(expected.attempts());
        assertThat(actual.expiresAfter()).as("expiry").isEqualTo(expected.expiresAfter());
        assertThat(actual.enqueuedAt()).as("time of enqueue").isEqualTo(expected.enqueuedAt());
    }

    static void assertSamePayload(Bytes actual, Bytes expected, String what) {
        assertThat(actual.toArray()).as(what).isEqualTo(expected.toArray());
    }

    /** Waits for the task that must not come before {@code earliest}, but comes; {@code given} is the rule for that. */
    final Delivery.Task notBefore(Hand hand, Instant earliest, String given, String what) throws Exception {
        if (time().stepped()) {
            pass(Duration.between(now(), earliest).minusMillis(1));
            hand.expectNothing(what + " must not come one millisecond early");
            pass(limits().lateness().plusMillis(1));
            return given(given, hand::take);
        }
        Delivery.Task task = given(given, hand::take);
        assertThat(now()).as("when " + what + " came").isAfterOrEqualTo(earliest);
        return task;
    }

    static Outcome done(Outcome outcome, String what) {
        if (outcome instanceof Outcome.Failed failed) {
            throw new AssertionError(what + " failed: " + failed.error(), failed.error());
        }
        assertThat(outcome).as("outcome of " + what).isEqualTo(Outcome.DONE);
        return outcome;
    }

    /** Makes a worker lose its leases while it lives. */
    final void loseLeases(Hand hand) throws Exception {
        hand.freeze();
        if (capabilities().leaseKind() == LeaseKind.TIMED) {
            pass(hand.lease().plus(limits().leaseDetection()).plusMillis(1));
        } else {
            assumeTrue(
                    harness().expel(hand.receiver()),
                    "this harness cannot make a living worker lose what hangs on its connection");
        }
    }

    /** Beyond the moment at which the lease of a worker that hangs would be found to be over. */
    final void passLease(Duration lease) throws Exception {
        pass(lease.plus(limits().leaseDetection()).plusMillis(1));
    }

    final void assumeExactStarts() {
        assumeTrue(
                capabilities().interruptionPrecision() == Precision.EXACT,
                () -> "starts are counted as " + capabilities().interruptionPrecision() + " here");
    }

    /** Runs {@code call} on a thread beside the test's. */
    static <T> Future<T> beside(Callable<T> call) {
        FutureTask<T> future = new FutureTask<>(call);
        Thread thread = new Thread(future, "kit-beside");
        thread.setDaemon(true);
        thread.start();
        return future;
    }

    /** The answer of what runs {@link #beside}, without time being turned. */
    final <T> T answer(Future<T> future, String what) throws Exception {
        patience().eventually(future::isDone, () -> what);
        return future.get();
    }
}
