package io.backgroundqueue.inmemory;

import io.backgroundqueue.spi.LanePicker;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that may start now, a level for each priority, each level in order of position. Sorted sets and not deques:
 * what is released goes back to its place, and what is cancelled leaves no gap. Guarded by the topic's lock.
 */
final class ReadyLevels {
    static final int COUNT = 10;

    /** The highest priority first. */
    private final List<TreeSet<StoredTask>> levels = Stream.generate(() -> new TreeSet<>(StoredTask.BY_POSITION))
            .limit(COUNT)
            .toList();

    private final LanePicker picker = new LanePicker(COUNT);
    private int size;

    void add(StoredTask task) {
        if (level(task).add(task)) {
            size++;
        }
    }

    void remove(StoredTask task) {
        if (level(task).remove(task)) {
            size--;
        }
    }

    /** Takes out the next task; null if there is none, or if it is larger than {@code most} bytes. */
    @Nullable
    StoredTask poll(long most) {
        int picked = picker.pick(level -> !levels.get(level).isEmpty());
        if (picked < 0) {
            return null;
        }
        StoredTask next = levels.get(picked).first();
        if (next.bytes() > most) {
            return null;
        }
        remove(next);
        return next;
    }

    int size() {
        return size;
    }

    /** The first task of each level that has one. */
    List<StoredTask> heads() {
        return IntStream.range(0, COUNT)
                .mapToObj(levels::get)
                .filter(level -> !level.isEmpty())
                .map(TreeSet::first)
                .toList();
    }

    private NavigableSet<StoredTask> level(StoredTask task) {
        return levels.get(COUNT - 1 - task.envelope.priority());
    }
}
