package io.backgroundqueue.inmemory;

import io.backgroundqueue.inmemory.Due.Clock;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The tasks that wait for their time, in order, apart for each clock. Guarded by the topic's lock. */
final class Delays {
    private final Map<Clock, TreeSet<StoredTask>> waiting = new EnumMap<>(Clock.class);

    void add(StoredTask task) {
        waiting.computeIfAbsent(task.due.clock(), clock -> new TreeSet<>(StoredTask.BY_DUE))
                .add(task);
    }

    boolean remove(StoredTask task) {
        TreeSet<StoredTask> tasks = waiting.get(task.due.clock());
        return tasks != null && tasks.remove(task);
    }

    /** Takes out the task whose time came longest ago; null if none's has come. */
    @Nullable
    StoredTask poll(Moment now) {
        StoredTask first = first(now);
        if (first == null || !first.due.reached(now)) {
            return null;
        }
        remove(first);
        return first;
    }

    /** The nanoseconds until the next task is due. */
    OptionalLong untilNext(Moment now) {
        StoredTask first = first(now);
        return first == null ? OptionalLong.empty() : OptionalLong.of(-first.due.overdue(now));
    }

    private @Nullable StoredTask first(Moment now) {
        StoredTask first = null;
        for (TreeSet<StoredTask> tasks : waiting.values()) {
            StoredTask head = tasks.isEmpty() ? null : tasks.first();
            if (head != null && (first == null || head.due.overdue(now) > first.due.overdue(now))) {
                first = head;
            }
        }
        return first;
    }
}
