package io.backgroundqueue.inmemory;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One line of tasks for each ordering key. The head of a line is the only one of its key that may start; it stays the
 * head while it runs and while it waits for another run. Tasks without a key pass. Guarded by the topic's lock.
 */
final class KeyLines {
    private static final class Line {
        private StoredTask head;
        private final TreeSet<StoredTask> behind = new TreeSet<>(StoredTask.BY_POSITION);

        private Line(StoredTask head) {
            this.head = head;
        }
    }

    private final Map<String, Line> lines = new HashMap<>();

    /** Puts a task in line whose time has come; true if it may start. */
    boolean enter(StoredTask task) {
        Optional<String> key = task.envelope.orderingKey();
        if (key.isEmpty()) {
            return true;
        }
        Line line = lines.computeIfAbsent(key.get(), first -> new Line(task));
        if (line.head != task) {
            line.behind.add(task);
        }
        return line.head == task;
    }

    /** Takes a task out of its line, if it is in one. Answers the task that may start instead of it, if any. */
    @Nullable
    StoredTask leave(StoredTask task) {
        String key = task.envelope.orderingKey().orElse(null);
        Line line = key == null ? null : lines.get(key);
        if (line == null) {
            return null;
        }
        if (line.head != task) {
            line.behind.remove(task);
            return null;
        }
        StoredTask next = line.behind.pollFirst();
        if (next == null) {
            lines.remove(key);
        } else {
            line.head = next;
        }
        return next;
    }
}
