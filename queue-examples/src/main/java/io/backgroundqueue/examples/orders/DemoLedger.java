package io.backgroundqueue.examples.orders;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Writes down what the queue says that happened, task by task; a listener like one for metrics. */
final class DemoLedger implements TaskListener {
    private final Map<String, Page> pages = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition written = lock.newCondition();
    private long lastNanos = System.nanoTime();

    /** All about one topic. */
    private static final class Page {
        final Set<String> accepted = new HashSet<>();
        final Set<String> open = new HashSet<>();
        final Set<String> completed = new HashSet<>();
        final Set<String> expired = new HashSet<>();
        final Map<String, String> dead = new TreeMap<>();
        final Set<String> ended = new HashSet<>();
        final List<String> failed = new ArrayList<>();
        int duplicates;
        int retried;
        int twice;

        /** The news of an end may come before the news of the acceptance. */
        void accept(String taskId) {
            accepted.add(taskId);
            if (!ended.contains(taskId)) {
                open.add(taskId);
            }
        }

        void end(String taskId) {
            open.remove(taskId);
            twice += ended.add(taskId) ? 0 : 1;
        }
    }

    @Override
    public void on(TaskEvent event) {
        lock.lock();
        try {
            write(event, page(event.topic()));
            lastNanos = System.nanoTime();
            written.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static void write(TaskEvent event, Page page) {
        if (event instanceof TaskEvent.Enqueued enqueued) {
            if (enqueued.receipt().duplicate()) {
                page.duplicates++;
            } else {
                page.accept(enqueued.receipt().taskId());
            }
        } else if (event instanceof TaskEvent.EnqueueFailed failure) {
            page.failed.add(String.valueOf(failure.error().getMessage()));
        } else if (event instanceof TaskEvent.RetryScheduled) {
            page.retried++;
        } else if (event instanceof TaskEvent.Completed end) {
            page.end(end.taskId());
            page.completed.add(end.taskId());
        } else if (event instanceof TaskEvent.Expired end) {
            page.end(end.taskId());
            page.expired.add(end.taskId());
        } else if (event instanceof TaskEvent.DeadLettered end) {
            String id = end.taskId().orElse("unreadable");
            page.end(id);
            page.dead.put(
                    id,
                    end.reason() + ": " + end.cause().map(Throwable::getMessage).orElse(""));
        } else if (event instanceof TaskEvent.Dropped end) {
            String id = end.taskId().orElse("unreadable");
            page.end(id);
            page.dead.put(id, end.reason() + ", dropped: " + end.cause().getMessage());
        }
    }

    /** What it says about a topic now. */
    LedgerLine line(String topic) {
        lock.lock();
        try {
            Page page = page(topic);
            Set<String> completed = new HashSet<>(page.completed);
            completed.removeAll(page.dead.keySet());
            return new LedgerLine(
                    topic,
                    page.accepted.size(),
                    page.duplicates,
                    completed.size(),
                    page.retried,
                    page.expired.size(),
                    page.twice,
                    Map.copyOf(page.dead),
                    Set.copyOf(page.open),
                    List.copyOf(page.failed));
        } finally {
            lock.unlock();
        }
    }

    /** How many tasks the backend has taken from this process. */
    int accepted() {
        lock.lock();
        try {
            return pages.values().stream()
                    .mapToInt(page -> page.accepted.size())
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    /** How many tasks have come to an end. */
    int ended() {
        lock.lock();
        try {
            return pages.values().stream().mapToInt(page -> page.ended.size()).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until every accepted task has come to an end, at most {@code longest}; answers whether that is so. */
    boolean awaitEnds(Duration longest) throws InterruptedException {
        lock.lock();
        try {
            long left = longest.toNanos();
            while (left > 0 && pages.values().stream().anyMatch(page -> !page.open.isEmpty())) {
                left = written.awaitNanos(left);
            }
            return pages.values().stream().allMatch(page -> page.open.isEmpty());
        } finally {
            lock.unlock();
        }
    }

    /** How long nothing has happened. */
    Duration quiet() {
        lock.lock();
        try {
            return Duration.ofNanos(System.nanoTime() - lastNanos);
        } finally {
            lock.unlock();
        }
    }

    private Page page(String topic) {
        return pages.computeIfAbsent(topic, name -> new Page());
    }
}
