package io.backgroundqueue.testkit;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/** Keeps every event, in the order in which it was told. Thread-safe. */
public final class EventLog implements TaskListener {
    private final Queue<TaskEvent> events = new ConcurrentLinkedQueue<>();
    private final Patience patience;

    /** With the standard patience. */
    public EventLog() {
        this(Patience.standard());
    }

    /** Waits with this patience. */
    public EventLog(Patience patience) {
        this.patience = patience;
    }

    @Override
    public void on(TaskEvent event) {
        events.add(event);
    }

    /** Everything so far. */
    public List<TaskEvent> events() {
        return List.copyOf(events);
    }

    /** All events of a type so far. */
    public <E extends TaskEvent> List<E> of(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** Waits for the first event of a type. */
    public <E extends TaskEvent> E await(Class<E> type) throws Exception {
        return await(type, event -> true);
    }

    /** Waits for the first event of a type that {@code wanted} accepts. */
    public <E extends TaskEvent> E await(Class<E> type, Predicate<? super E> wanted) throws Exception {
        patience.eventually(
                () -> find(type, wanted).isPresent(),
                () -> "there is no such " + type.getSimpleName() + " among " + events);
        return find(type, wanted).orElseThrow();
    }

    /** Waits until there are {@code count} events of a type, and answers them. */
    public <E extends TaskEvent> List<E> await(Class<E> type, int count) throws Exception {
        patience.eventually(
                () -> of(type).size() >= count,
                () -> "there are not " + count + " of " + type.getSimpleName() + " among " + events);
        return of(type);
    }

    private <E extends TaskEvent> Optional<E> find(Class<E> type, Predicate<? super E> wanted) {
        return events.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .filter(wanted)
                .findFirst();
    }
}
