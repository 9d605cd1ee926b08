package io.backgroundqueue.jdbc;

import io.backgroundqueue.Start;
import io.backgroundqueue.Time;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who waits for tasks in this process, and how they, the duty that looks for all of them, and other processes learn that
 * there are some. Thread-safe.
 */
final class WakeUps {
    private static final Logger LOG = LoggerFactory.getLogger(WakeUps.class);
    /** Other processes are told no more often than this of one topic. */
    private static final Duration BETWEEN_NEWS = Duration.ofMillis(50);

    private static final int MOST_REMEMBERED = 1_000;
    private static final Duration TELLING = Duration.ofSeconds(2);

    private final Database database;
    private final Dialect dialect;
    private final Time time;
    private final boolean telling;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, List<JdbcReceiver>> waiting = new HashMap<>();
    private final Map<String, Long> lastNews = new HashMap<>();
    private OptionalLong expected = OptionalLong.empty();
    private boolean heard;
    private boolean woken;

    /** @param telling whether other processes are told */
    WakeUps(Database database, Dialect dialect, boolean telling) {
        this.database = database;
        this.dialect = dialect;
        this.time = database.time();
        this.telling = telling;
    }

    void listen(JdbcReceiver receiver) {
        lock.lock();
        try {
            List<JdbcReceiver> receivers = waiting.computeIfAbsent(receiver.topic(), any -> new ArrayList<>());
            if (!receivers.contains(receiver)) {
                receivers.add(receiver);
            }
        } finally {
            lock.unlock();
        }
    }

    void ignore(JdbcReceiver receiver) {
        lock.lock();
        try {
            waiting.computeIfPresent(receiver.topic(), (topic, receivers) -> {
                receivers.remove(receiver);
                return receivers.isEmpty() ? null : receivers;
            });
        } finally {
            lock.unlock();
        }
    }

    /** The topics that somebody here waits for. */
    List<String> topics() {
        lock.lock();
        try {
            return List.copyOf(waiting.keySet());
        } finally {
            lock.unlock();
        }
    }

    /** These topics have ready tasks: who waits here looks, and other processes are told, if there is time left for it. */
    void tell(Collection<String> topics, long deadlineNanos) {
        tellHere(topics);
        if (!telling || time.nanos() - deadlineNanos >= 0) {
            return;
        }
        Set<String> news = news(topics);
        if (news.isEmpty()) {
            return;
        }
        try {
            database.call(Database.sooner(deadlineNanos, time.deadline(TELLING)), session -> {
                dialect.tell(session, news);
                return true;
            });
        } catch (SQLException unreachable) {
            LOG.debug("Other processes were not told of {}; they look by themselves", news, unreachable);
        }
    }

    /** Other processes are told by a transaction of the caller's, as soon as it commits. */
    void announce(Session session, Collection<String> topics) throws SQLException {
        Set<String> news = telling ? news(topics) : Set.of();
        if (!news.isEmpty()) {
            dialect.tell(session, news);
        }
    }

    void tellHere(Collection<String> topics) {
        lock.lock();
        try {
            for (String topic : new TreeSet<>(topics)) {
                waiting.getOrDefault(topic, List.of()).forEach(JdbcReceiver::lookUp);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Another process says that a topic has ready tasks. */
    void toldBy(String topic) {
        tellHere(List.of(topic));
        lock.lock();
        try {
            heard = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** News may have been missed. */
    void tellAll() {
        tellHere(topics());
    }

    /** A task was stored that becomes due then; somebody should look when it is. */
    void expect(Start start) {
        if (start instanceof Start.After after) {
            expect(time.deadline(after.delay()));
        } else if (start instanceof Start.At at) {
            Duration wait = Duration.between(time.now(), at.time());
            expect(wait.isNegative() ? time.nanos() : time.deadline(wait));
        }
    }

    private void expect(long nanos) {
        lock.lock();
        try {
            expected = OptionalLong.of(expectedBefore(nanos));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until it is time to look again, and not before {@code earliest}; true if another process had news. */
    boolean await(long earliest, long latest) throws InterruptedException {
        lock.lock();
        try {
            while (!heard && !woken && time.nanos() - nextLook(earliest, latest) < 0) {
                time.await(lock, changed, nextLook(earliest, latest));
            }
            boolean news = heard;
            expected = OptionalLong.empty();
            heard = false;
            woken = false;
            return news;
        } finally {
            lock.unlock();
        }
    }

    /** What was stored since the last look may be due before the next one would be. */
    private long nextLook(long earliest, long latest) {
        long next = expectedBefore(latest);
        return next - earliest < 0 ? earliest : next;
    }

    private long expectedBefore(long nanos) {
        return Database.sooner(expected.orElse(nanos), nanos);
    }

    void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Set<String> news(Collection<String> topics) {
        long now = time.nanos();
        Set<String> news = new TreeSet<>(topics);
        lock.lock();
        try {
            if (lastNews.size() > MOST_REMEMBERED) {
                lastNews.values().removeIf(last -> now - last >= BETWEEN_NEWS.toNanos());
            }
            news.removeIf(topic ->
                    now - lastNews.getOrDefault(topic, now - Long.MAX_VALUE / 4) < BETWEEN_NEWS.toNanos());
            news.forEach(topic -> lastNews.put(topic, now));
            return news;
        } finally {
            lock.unlock();
        }
    }
}
