package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A receiver without a buffer: a task that is not wanted yet stays in the table, where others can have it. It looks when
 * there was something the last time, when it is told that there is something, and else twice a minute.
 */
final class JdbcReceiver implements Receiver {
    static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(JdbcReceiver.class);
    /** How long a receiver goes without a look of its own: the duty's look, twice a second, is for all receivers. */
    private static final Duration LONGEST_BLINDNESS = Duration.ofSeconds(30);

    private static final Duration LEAST = Duration.ofSeconds(1);
    private static final int MOST_PER_CLAIM = 500;
    private static final int SHARE = 16;

    private final String topic;
    private final Database database;
    private final Dialect dialect;
    private final WakeUps wakeUps;
    private final Time time;
    private final ReceiverOptions options;
    private final Consumer<JdbcReceiver> afterClose;
    private final Held held;
    private final Settler settler;
    private final WorkerRow worker;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long nextLook;
    private boolean told;
    private boolean woken;

    private volatile boolean closed;

    // The loop thread's.
    private int picks;
    private int turn;

    JdbcReceiver(String topic, JdbcParts parts, ReceiverOptions options, Consumer<JdbcReceiver> afterClose) {
        this.topic = topic;
        this.database = parts.database();
        this.dialect = parts.dialect();
        this.wakeUps = parts.wakeUps();
        this.time = database.time();
        this.options = options;
        this.afterClose = afterClose;
        this.held = new Held(time, options.lease());
        this.settler = new Settler(topic, parts, held);
        this.worker = new WorkerRow(parts, options);
        this.nextLook = time.nanos();
    }

    String topic() {
        return topic;
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws SQLException, InterruptedException {
        requireOpen();
        long deadline = time.deadline(wait);
        int most = Math.min(Math.min(max, MOST_PER_CLAIM), options.maxUnsettled() - held.count());
        if (most <= 0) {
            park();
            await(deadline, false);
            return List.of();
        }
        wakeUps.listen(this);
        do {
            if (mayLook()) {
                List<Delivery> claimed = claim(most);
                if (!claimed.isEmpty()) {
                    wakeUps.ignore(this);
                    return claimed;
                }
            }
            if (time.nanos() - deadline >= 0) {
                return List.of();
            }
        } while (await(deadline, true));
        return List.of();
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) {
        requireOpen();
        return settler.settle(batch, deadline());
    }

    @Override
    public List<Delivery> extend(List<Delivery> deliveries) throws SQLException {
        requireOpen();
        // Soon enough to try again on another connection before the lease is over.
        Duration soon = options.lease().dividedBy(3);
        long before = time.nanos();
        worker.renew(Database.sooner(deadline(), time.deadline(soon.compareTo(LEAST) < 0 ? LEAST : soon)))
                .ifPresent(held::removeAllOf);
        List<Delivery> lost = new ArrayList<>();
        for (Delivery delivery : deliveries) {
            if (!held.renew(delivery, before)) {
                lost.add(delivery);
            }
        }
        return lost;
    }

    /** Nothing is buffered here; but a claim whose answer was lost may have taken tasks, which nobody would renew or run. */
    @Override
    public void park() throws SQLException {
        requireOpen();
        wakeUps.ignore(this);
        worker.recover(deadline());
    }

    @Override
    public void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What is held comes back when its lease ends; what nobody was told of comes back now. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        wakeUps.ignore(this);
        try {
            // Whoever is away is not waited for: the row ends by itself.
            if (!database.away()) {
                worker.leave(time.deadline(Duration.ofSeconds(2)));
            }
        } catch (SQLException | RuntimeException unreachable) {
            LOG.debug("What '{}' may hold waits for its lease to end", topic, unreachable);
        } finally {
            closed = true;
            wake();
            afterClose.accept(this);
        }
    }

    /** There may be a task. */
    void lookUp() {
        lock.lock();
        try {
            told = true;
            nextLook = time.nanos();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives back what nobody holds on to any more: the database, which knows one lease for all that is held here, would keep
     * it for as long as this receiver lives.
     */
    boolean giveBackEnded() throws SQLException {
        List<JdbcLease> ended = held.ended();
        for (JdbcLease lease : ended) {
            List<Long> one = List.of(lease.number());
            database.step(
                    dialect.oneStatement(), deadline(), session -> dialect.release(session, lease.owner(), one, true));
            held.remove(lease);
        }
        return !ended.isEmpty();
    }

    private boolean mayLook() {
        lock.lock();
        try {
            told = false;
            return time.nanos() - nextLook >= 0;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a reason to look, if that is wanted; false if it is time to return. */
    private boolean await(long deadlineNanos, boolean looking) throws InterruptedException {
        lock.lock();
        try {
            while (!woken && !closed) {
                long now = time.nanos();
                if (now - deadlineNanos >= 0) {
                    return false;
                }
                if (looking && now - nextLook >= 0) {
                    return true;
                }
                time.await(lock, changed, looking ? Database.sooner(deadlineNanos, nextLook) : deadlineNanos);
            }
            woken = false;
            return false;
        } finally {
            lock.unlock();
        }
    }

    private List<Delivery> claim(int most) throws SQLException {
        long deadline = deadline();
        Claim.Answer answer = claim(most, deadline);
        if (!answer.alive()) {
            // The row was taken for a dead worker's: everything is lost, and another row begins anew.
            long gone = worker.forget();
            held.removeAllOf(gone);
            answer = claim(most, deadline);
        }
        int claimed = answer.deliveries().size();
        picks = (picks + claimed) % SHARE;
        turn = answer.turn().orElse(turn);
        lock.lock();
        try {
            // Where there was something there soon is more: who is busy looks again, before anybody has to tell it.
            if (!told && claimed == 0) {
                nextLook = time.deadline(LONGEST_BLINDNESS);
            }
        } finally {
            lock.unlock();
        }
        return answer.deliveries();
    }

    private Claim.Answer claim(int most, long deadline) throws SQLException {
        WorkerRow.Turn mine = worker.next(deadline);
        Claim claim = new Claim(
                topic,
                mine.owner(),
                mine.number(),
                most,
                options.maxBytes(),
                (picks + most) / SHARE,
                turn,
                mine.renewMicros());
        long before = time.nanos();
        try {
            Claim.Answer answer = database.step(
                    dialect.oneStatement(), deadline, session -> dialect.claim(session, claim, time.now()));
            held.add(answer.deliveries(), before);
            worker.answered(answer.renewed() ? mine : mine.withoutRenewal(), before);
            return answer;
        } catch (SQLException | RuntimeException failed) {
            if (JdbcErrors.classify(failed) != ErrorClass.OUTCOME_UNKNOWN) {
                worker.answered(mine.withoutRenewal(), before);
            }
            lookUp();
            throw failed;
        }
    }

    /** Every call is over within the call timeout, with a little room. */
    private long deadline() {
        return time.deadline(options.callTimeout().multipliedBy(4).dividedBy(5));
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED,
                    "This receiver of '" + topic + "' is closed. Open another one to go on");
        }
    }
}
