package io.backgroundqueue.model;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.Scope;
import io.backgroundqueue.inmemory.ManualTime;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Two processes with four workers on two topics, and the model of each topic, which is told of all that happens. */
final class World implements AutoCloseable {
    static final List<String> TOPICS = List.of("orders", "mails");
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private final ManualTime time;
    private final QueueDriver driver;
    private final QueueDriver second;
    private final Map<String, ModelTopic> models = new TreeMap<>();
    private final List<Slot> slots;
    private boolean ended;

    World(ManualTime time, Supplier<QueueDriver> drivers) throws Exception {
        this.time = time;
        this.driver = drivers.get();
        this.second = drivers.get();
        TOPICS.forEach(topic -> models.put(topic, new ModelTopic(time.now())));
        this.slots = List.of(
                new Slot(0, TOPICS.get(0), driver, 4, Duration.ofSeconds(30)),
                new Slot(1, TOPICS.get(0), second, 10, Duration.ofSeconds(10)),
                new Slot(2, TOPICS.get(1), driver, 3, Duration.ofSeconds(20)),
                new Slot(3, TOPICS.get(0), driver, 2, Duration.ofMinutes(1)));
    }

    Slot slot(int any) {
        return slots.get(any % slots.size());
    }

    ModelTopic model(String topic) {
        return models.getOrDefault(topic, new ModelTopic(time.now()));
    }

    Instant now() {
        return time.now();
    }

    void pass(Duration duration) {
        time.advance(duration);
        models.values().forEach(model -> model.at(time.now()));
    }

    void send(List<Envelope> batch) throws Exception {
        QueueDriver sender = batch.size() % 2 == 0 ? driver : second;
        List<SendResult> results = sender.send(batch, TIMEOUT);
        Check.equal(results.size(), batch.size(), () -> "the number of results");
        for (int i = 0; i < batch.size(); i++) {
            model(batch.get(i).topic()).sent(batch.get(i), results.get(i));
        }
    }

    void receive(Slot slot, int max) throws Exception {
        List<Delivery> deliveries = slot.receiver().receive(max, Duration.ZERO);
        model(slot.topic).received(slot.holder(), slot.options, max, deliveries);
        deliveries.forEach(delivery -> slot.got.add((Delivery.Task) delivery));
    }

    void settle(Slot slot, List<Settlement> batch) throws Exception {
        List<Outcome> outcomes = slot.receiver().settle(batch);
        Check.equal(outcomes.size(), batch.size(), () -> "the number of outcomes");
        for (int i = 0; i < batch.size(); i++) {
            model(slot.topic).settled(batch.get(i), outcomes.get(i));
        }
    }

    void extend(Slot slot) throws Exception {
        List<Delivery> asked = List.copyOf(slot.got);
        List<Delivery> lost = slot.receiver().extend(asked);
        model(slot.topic).extended(asked, lost, slot.options.lease());
    }

    void cancel(String topic, String taskId) throws Exception {
        model(topic).cancelled(taskId, driver.cancel(topic, taskId));
    }

    void purge(String topic, Scope scope) throws Exception {
        model(topic).purged(scope, driver.purge(topic, scope));
    }

    /** Replays the first letters, as often as said. */
    void replay(String topic, int count, int times) throws Exception {
        try (DeadLetterCursor walk = second.deadLetters(topic)) {
            List<DeadLetter> letters = walk.next(count);
            for (int i = 0; i < times; i++) {
                model(topic).replayed(letters, walk.replay(letters));
            }
        }
    }

    /** Purges the last of the first letters. */
    void purgeLetter(String topic, int count) throws Exception {
        try (DeadLetterCursor walk = second.deadLetters(topic)) {
            List<DeadLetter> letters = walk.next(count);
            List<DeadLetter> last = letters.subList(Math.max(0, letters.size() - 1), letters.size());
            model(topic).purged(last, walk.purge(last));
        }
    }

    /** Compares all that can be seen without changing anything. */
    void compare() throws Exception {
        for (String topic : TOPICS) {
            model(topic).checkStats(driver.stats(topic));
            model(topic).checkLetters(letters(topic));
        }
    }

    private List<DeadLetter> letters(String topic) throws Exception {
        List<DeadLetter> all = new ArrayList<>();
        try (DeadLetterCursor walk = driver.deadLetters(topic)) {
            List<DeadLetter> page = walk.next(3);
            while (!page.isEmpty()) {
                int size = page.size();
                Check.that(size <= 3, () -> size + " letters came on a page of 3");
                all.addAll(page);
                page = walk.next(3);
            }
        }
        return all;
    }

    /** Everything that is alive comes and can be done, sooner or later. */
    void finish() throws Exception {
        for (Slot slot : slots) {
            slot.reopen();
        }
        pass(LONGEST);
        for (int i = 0;
                i < 2_000
                        && slots.stream()
                                .anyMatch(slot -> !model(slot.topic).alive().isEmpty());
                i++) {
            for (Slot slot : slots) {
                receive(slot, 100);
                List<Settlement> acks = new ArrayList<>();
                slot.got.forEach(task -> acks.add(new Settlement.Ack(task)));
                slot.got.clear();
                settle(slot, acks);
            }
        }
        compare();
        for (String topic : TOPICS) {
            List<Envelope> stuck = model(topic).alive();
            Check.that(stuck.isEmpty(), () -> "these never came: " + stuck);
        }
        long stored = TOPICS.stream().mapToLong(topic -> model(topic).size()).sum();
        closeAllButOne();
        Check.equal(driver.lostAtClose(), stored, () -> "what is lost at close");
    }

    @Override
    public void close() {
        closeAllButOne();
        driver.close();
    }

    private void closeAllButOne() {
        if (!ended) {
            ended = true;
            slots.forEach(Slot::close);
            second.close();
        }
    }
}
