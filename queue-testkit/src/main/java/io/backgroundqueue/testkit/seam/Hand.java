package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A worker of one topic, driven by a test: it treats its receiver as the engine does, and answers as the test says. It
 * never de-duplicates. For the test's thread only.
 */
final class Hand implements AutoCloseable {
    private final String topic;
    private final Receiver receiver;
    private final ReceiverOptions options;
    private final SeamTime time;
    private final DutyThreads duties;
    private final List<Delivery> inbox = new ArrayList<>();
    private final List<Delivery> held = new ArrayList<>();
    private Instant extended;
    private Instant looked;
    private boolean alive = true;
    private boolean closed;

    Hand(String topic, Receiver receiver, ReceiverOptions options, SeamTime time) {
        this.topic = topic;
        this.receiver = receiver;
        this.options = options;
        this.time = time;
        this.duties = new DutyThreads(
                receiver.duties(), time.stepped() ? time.patience().poll() : Duration.ofDays(1));
        this.extended = time.now();
        this.looked = time.now();
        time.add(this);
    }

    String topic() {
        return topic;
    }

    Receiver receiver() {
        return receiver;
    }

    Duration lease() {
        return options.lease();
    }

    /** Whether it lives and holds deliveries, whose leases want to be renewed. */
    boolean holds() {
        return alive && !held.isEmpty();
    }

    /** Waits for one task. */
    Delivery.Task take() throws Exception {
        return take(1).get(0);
    }

    /** Waits for so many tasks. */
    List<Delivery.Task> take(int count) throws Exception {
        List<Delivery.Task> tasks = new ArrayList<>();
        time.patience()
                .eventually(
                        () -> {
                            for (Delivery delivery : look(count - tasks.size())) {
                                assertThat(delivery).as("what came on " + topic).isInstanceOf(Delivery.Task.class);
                                tasks.add((Delivery.Task) delivery);
                            }
                            return tasks.size() >= count;
                        },
                        () -> "%d should come on %s, but %d did: %s"
                                .formatted(count, topic, tasks.size(), described(tasks)));
        return tasks;
    }

    /** Takes until all these have come, however often; answers everything that came. */
    List<Delivery.Task> takeAll(Set<String> ids) throws Exception {
        List<Delivery.Task> tasks = new ArrayList<>();
        time.patience()
                .eventually(
                        () -> {
                            look(100).forEach(delivery -> tasks.add((Delivery.Task) delivery));
                            return idsOf(tasks).containsAll(ids);
                        },
                        () -> {
                            Set<String> missing = new TreeSet<>(ids);
                            missing.removeAll(idsOf(tasks));
                            return "all of " + ids.size() + " tasks should come on " + topic + ", but " + missing
                                    + " did not; these did: " + described(tasks);
                        });
        return tasks;
    }

    /** Watches that nothing comes. */
    void expectNothing(String because) throws Exception {
        List<Delivery> seen = new ArrayList<>();
        time.patience()
                .never(
                        () -> {
                            seen.addAll(look(10));
                            return !seen.isEmpty();
                        },
                        () -> because + "; but on " + topic + " came " + described(seen));
    }

    /** One receive, with what earlier ones left over. A task that comes early and says so goes back, as by the engine. */
    List<Delivery> look(int max) throws Exception {
        time.tend();
        List<Delivery> found = new ArrayList<>();
        while (found.size() < max && !inbox.isEmpty()) {
            found.add(inbox.remove(0));
        }
        if (found.isEmpty()) {
            found.addAll(received(max));
        }
        held.addAll(found);
        return found;
    }

    private List<Delivery> received(int max) throws Exception {
        looked = time.now();
        List<Delivery> ready = new ArrayList<>();
        for (Delivery delivery : receiver.receive(max, time.shortWait())) {
            if (delivery instanceof Delivery.Task task && task.due().isAfter(time.now())) {
                receiver.settle(List.of(new Settlement.Later(task, task.progress(), new Start.At(task.due()))));
            } else {
                ready.add(delivery);
            }
        }
        return ready;
    }

    Outcome ack(Delivery.Task task) throws Exception {
        return settle(new Settlement.Ack(task));
    }

    Outcome later(Delivery.Task task, Progress progress, Start start) throws Exception {
        return settle(new Settlement.Later(task, progress, start));
    }

    Outcome dead(Delivery task, Progress progress, DeadReason reason) throws Exception {
        return settle(new Settlement.Dead(task, progress, reason));
    }

    Outcome release(Delivery task) throws Exception {
        return settle(new Settlement.Release(task));
    }

    Outcome settle(Settlement settlement) throws Exception {
        List<Outcome> outcomes = settleAll(List.of(settlement));
        assertThat(outcomes).as("outcomes of one settlement").hasSize(1);
        return outcomes.get(0);
    }

    List<Outcome> settleAll(List<Settlement> batch) throws Exception {
        batch.forEach(settlement -> held.remove(settlement.delivery()));
        return receiver.settle(batch);
    }

    /** Gives no sign of life from now on, like a worker that hangs. */
    void freeze() {
        alive = false;
    }

    /** What a living worker does now and then. */
    void tend(Duration betweenLooks) throws Exception {
        if (!alive) {
            return;
        }
        Instant now = time.now();
        if (Duration.between(extended, now).compareTo(options.lease().dividedBy(3)) >= 0) {
            extended = extend() ? now : extended;
        }
        if (Duration.between(looked, now).compareTo(betweenLooks) >= 0) {
            looked = now;
            inbox.addAll(receiver.receive(0, Duration.ZERO));
        }
    }

    /** Whether it worked; if not, it is tried again, as by the engine. */
    private boolean extend() {
        try {
            receiver.extend(List.copyOf(held));
            return true;
        } catch (Exception forNow) {
            return false;
        }
    }

    static String described(List<? extends Delivery> deliveries) {
        return deliveries.stream()
                .map(delivery -> delivery instanceof Delivery.Task task
                        ? task.envelope().taskId() + " of " + task.envelope().topic() + " " + task.progress() + " "
                                + task.starts()
                        : delivery.toString())
                .collect(Collectors.joining(", ", "[", "]"));
    }

    static Set<String> idsOf(List<Delivery.Task> tasks) {
        return tasks.stream().map(task -> task.envelope().taskId()).collect(Collectors.toSet());
    }

    /** Ends it in order. What it holds is not settled. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            alive = false;
            duties.close();
            receiver.close();
        }
    }
}
