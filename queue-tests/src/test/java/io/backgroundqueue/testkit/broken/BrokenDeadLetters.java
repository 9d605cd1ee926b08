package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Scope;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Settlement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** Rules 14.130 to 14.139 broken. */
final class BrokenDeadLetters {
    private static final int MOST_LOOKS = 20;

    private BrokenDeadLetters() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "walks from the newest letter",
                        "14.130",
                        "ids of the letters, in the order of a walk",
                        driver -> Faulty.walking(driver, (topic, cursor) -> new Backwards(cursor))),
                BrokenDriver.sharing(
                        "drops a letter after so many looks", "14.131", "dead letters in walk", backend -> {
                            Map<String, Integer> looks = new ConcurrentHashMap<>();
                            return driver -> Faulty.walking(driver, (topic, cursor) -> new Counted(cursor, looks));
                        }),
                BrokenDriver.of(
                        "makes pages of one more than asked for",
                        "14.132",
                        "a page of at most 2",
                        driver -> Faulty.walking(driver, (topic, cursor) -> new PlainCursor(cursor) {
                            @Override
                            public List<DeadLetter> next(int max) throws Exception {
                                return next.next(max + 1);
                            }
                        })),
                BrokenDriver.of(
                        "loses a letter between two pages",
                        "14.132",
                        "ids of a walk in pages of 2",
                        driver -> Faulty.walking(driver, (topic, cursor) -> new PlainCursor(cursor) {
                            @Override
                            public List<DeadLetter> next(int max) throws Exception {
                                List<DeadLetter> page = next.next(max + 1);
                                return page.subList(0, Math.min(max, page.size()));
                            }
                        })),
                BrokenDriver.sharing(
                        "replays a task with its old failures",
                        "14.133",
                        "progress after a replay",
                        backend -> replayingWithFailures()),
                BrokenDriver.of(
                        "lets a replayed task jump the queue",
                        "14.134",
                        "three ready tasks and a replayed one, as they came",
                        driver -> BrokenOrders.inOrder(
                                driver,
                                Comparator.comparing(task -> !task.progress().replayed()))),
                BrokenDriver.of(
                        "counts replays instead of letters",
                        "14.135",
                        "what a replay of two letters answered",
                        driver -> Faulty.counting(driver, (asked, done) -> Math.min(1, done))),
                BrokenDriver.sharing(
                        "leaves the letter of a replayed task", "14.135", "letters that are left", backend -> {
                            Map<String, Queue<DeadLetter>> left = new ConcurrentHashMap<>();
                            return driver -> Faulty.walking(
                                    driver,
                                    (topic, cursor) -> new Leaving(
                                            cursor, left.computeIfAbsent(topic, key -> new ConcurrentLinkedQueue<>())));
                        }),
                BrokenDriver.of(
                        "purges all letters for one",
                        "14.137",
                        "letters that are left",
                        driver -> Faulty.walking(driver, (topic, cursor) -> new PlainCursor(cursor) {
                            @Override
                            public int purge(List<DeadLetter> letters) throws Exception {
                                int purged = next.purge(letters);
                                driver.purge(topic, Scope.DEAD);
                                return purged;
                            }
                        })),
                BrokenDriver.of(
                        "counts letters that are gone",
                        "14.138",
                        "replayed letters that were gone",
                        driver -> Faulty.counting(driver, (asked, done) -> asked)),
                BrokenDriver.of(
                        "keeps letters in the process",
                        "14.139",
                        "letters as another process sees them",
                        BrokenDeadLetters::keepingForItself));
    }

    private static final class Backwards extends PlainCursor {
        private final Deque<DeadLetter> letters = new ArrayDeque<>();
        private boolean read;

        Backwards(DeadLetterCursor next) {
            super(next);
        }

        @Override
        public List<DeadLetter> next(int max) throws Exception {
            if (!read) {
                read = true;
                next.next(1_000).forEach(letters::push);
            }
            List<DeadLetter> page = new ArrayList<>();
            while (page.size() < max && !letters.isEmpty()) {
                page.add(letters.pop());
            }
            return page;
        }
    }

    private static final class Counted extends PlainCursor {
        private final Map<String, Integer> looks;

        Counted(DeadLetterCursor next, Map<String, Integer> looks) {
            super(next);
            this.looks = looks;
        }

        @Override
        public List<DeadLetter> next(int max) throws Exception {
            List<DeadLetter> page = next.next(max);
            List<DeadLetter> worn = page.stream()
                    .filter(letter -> looks.merge(letter.id(), 1, Integer::sum) > MOST_LOOKS)
                    .toList();
            next.purge(worn);
            return page.stream().filter(letter -> !worn.contains(letter)).toList();
        }
    }

    private static UnaryOperator<QueueDriver> replayingWithFailures() {
        Map<String, Integer> failures = new ConcurrentHashMap<>();
        return driver -> {
            QueueDriver noting = Faulty.walking(driver, (topic, cursor) -> new PlainCursor(cursor) {
                @Override
                public int replay(List<DeadLetter> letters) throws Exception {
                    letters.forEach(letter -> failures.put(letter.id(), letter.failures()));
                    return next.replay(letters);
                }
            });
            return Faulty.handing(noting, task -> {
                Progress stored = task.progress();
                int old = stored.replayed()
                        ? failures.getOrDefault(task.envelope().taskId(), 0)
                        : 0;
                return Copy.with(
                        task,
                        new Progress(
                                stored.verdicts() + old,
                                stored.failures() + old,
                                stored.interruptions(),
                                stored.replayed(),
                                stored.lastError()));
            });
        };
    }

    private static final class Leaving extends PlainCursor {
        private final Queue<DeadLetter> left;
        private boolean shown;

        Leaving(DeadLetterCursor next, Queue<DeadLetter> left) {
            super(next);
            this.left = left;
        }

        @Override
        public List<DeadLetter> next(int max) throws Exception {
            List<DeadLetter> page = next.next(max);
            if (!page.isEmpty() || shown) {
                return page;
            }
            shown = true;
            return left.stream().limit(max).toList();
        }

        @Override
        public int replay(List<DeadLetter> letters) throws Exception {
            left.addAll(letters);
            return next.replay(letters);
        }
    }

    private static QueueDriver keepingForItself(QueueDriver driver) {
        Set<String> own = ConcurrentHashMap.newKeySet();
        QueueDriver noting = Faulty.settled(driver, (settlement, outcome) -> {
            if (settlement instanceof Settlement.Dead dead && dead.delivery() instanceof Delivery.Task task) {
                own.add(task.envelope().taskId());
            }
            return outcome;
        });
        return Faulty.walking(noting, (topic, cursor) -> new PlainCursor(cursor) {
            @Override
            public List<DeadLetter> next(int max) throws Exception {
                return next.next(max).stream()
                        .filter(letter -> own.contains(letter.id()) || letter.reason() == DeadReason.UNREADABLE)
                        .toList();
            }
        });
    }
}
