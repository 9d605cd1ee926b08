package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A receiver without a buffer: a task that is not wanted yet stays on the server, where others can have it. It looks when
 * it has reason to: there was more the last time, a task became due, a lease ended, the wake-up duty saw a token or a
 * task, or five seconds have passed without word of that duty.
 */
final class RedisReceiver implements Receiver {
    /** How long a receiver may know nothing of a task, if a wake token was lost with the process that took it. */
    static final Duration LONGEST_BLINDNESS = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(RedisReceiver.class);
    private static final int MOST_PER_CLAIM = 500;

    private final String topic;
    private final TopicKeys keys;
    private final RedisLink link;
    private final WakeDuty wakeUps;
    private final Time time;
    private final ReceiverOptions options;
    private final Consumer<RedisReceiver> afterClose;
    private final Settler settler;
    private final Held held;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long nextLook;
    private boolean woken;
    /** A wake token was taken for this receiver, which has not looked since. */
    private boolean tokenTaken;
    /** Grows with every look of its own, and every reason for one. */
    private long looks;

    private volatile boolean closed;

    // The loop thread's.
    private long claims;
    private long inDoubt;
    private long picks;
    private long turn;

    RedisReceiver(
            String topic,
            TopicKeys keys,
            RedisParts parts,
            ReceiverOptions options,
            Consumer<RedisReceiver> afterClose) {
        this.topic = topic;
        this.keys = keys;
        this.link = parts.link();
        this.wakeUps = parts.wakeUps();
        this.time = parts.time();
        this.options = options;
        this.afterClose = afterClose;
        this.held = new Held(time, options.lease());
        this.settler = new Settler(keys, link, held, time);
        this.nextLook = time.nanos();
    }

    TopicKeys keys() {
        return keys;
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws InterruptedException {
        requireOpen();
        long over = deadline();
        long deadline = time.deadline(wait);
        int most = Math.min(Math.min(max, MOST_PER_CLAIM), options.maxUnsettled() - held.count());
        if (most <= 0) {
            wantNothing();
            await(deadline, false);
            return List.of();
        }
        do {
            if (mayLook()) {
                List<Delivery> claimed = claim(most, over);
                if (!claimed.isEmpty()) {
                    // The claim leaves a token where there is more, and the duty may have taken it for this one again.
                    wantNothing();
                    return claimed;
                }
            }
            if (time.nanos() - deadline >= 0) {
                return List.of();
            }
            wakeUps.listen(this);
        } while (await(deadline, true));
        return List.of();
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) {
        requireOpen();
        return settler.settle(batch, deadline());
    }

    @Override
    public List<Delivery> extend(List<Delivery> deliveries) {
        requireOpen();
        // Soon enough to try again on another connection before the lease is over.
        long deadline = Math.min(deadline(), time.deadline(max(options.lease().dividedBy(3), Duration.ofSeconds(1))));
        return settler.extend(deliveries, options.lease(), deadline);
    }

    @Override
    public void park() {
        requireOpen();
        wantNothing();
        giveBackDoubtful();
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
        try {
            wantNothing();
            giveBackDoubtful();
        } finally {
            closed = true;
            wake();
            afterClose.accept(this);
        }
    }

    /** A wake token was taken for this receiver; or there may have been one. */
    void lookUp(boolean token) {
        lock.lock();
        try {
            looks++;
            tokenTaken |= token;
            nextLook = time.nanos();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** To be told to {@link #seen}. */
    long looks() {
        lock.lock();
        try {
            return looks;
        } finally {
            lock.unlock();
        }
    }

    /** Somebody has looked in place of this receiver, and nothing was ready; unless it knows something newer. */
    void seen(Sight sight, long looksBefore) {
        lock.lock();
        try {
            if (looks == looksBefore) {
                nextLook = nextLook(sight.untilDue(), sight.untilEnd());
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A token that was taken for this receiver is left to others; if that fails, they look every few seconds. */
    private void wantNothing() {
        wakeUps.ignore(this);
        lock.lock();
        try {
            if (!tokenTaken) {
                return;
            }
            tokenTaken = false;
        } finally {
            lock.unlock();
        }
        try {
            wakeUps.putBack(keys.wake(), time.deadline(Duration.ofSeconds(1)));
        } catch (RuntimeException unreachable) {
            LOG.debug("A wake token of '{}' was not put back", topic, unreachable);
        }
    }

    private boolean mayLook() {
        lock.lock();
        try {
            boolean may = time.nanos() - nextLook >= 0;
            tokenTaken &= !may;
            looks += may ? 1 : 0;
            return may;
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
                time.await(lock, changed, looking ? Math.min(deadlineNanos, nextLook) : deadlineNanos);
            }
            woken = false;
            return false;
        } finally {
            lock.unlock();
        }
    }

    private List<Delivery> claim(int most, long deadline) {
        recover(deadline);
        String token = token(++claims);
        ScriptArguments arguments = new ScriptArguments()
                .number(most)
                .number(options.maxBytes())
                .text(token)
                .number(claims)
                .number(ScriptArguments.millis(options.lease()))
                .number(picks)
                .number(turn)
                .number(LONGEST_BLINDNESS.toMillis());
        long before = time.nanos();
        try {
            inDoubt = claims;
            Object reply =
                    link.eval(RedisScript.CLAIM.call(keys.with(keys.voided(options.workerId())), arguments), deadline);
            inDoubt = 0;
            return accepted(ClaimAnswer.of(reply, topic, token, time.now()), before);
        } catch (RuntimeException failed) {
            if (RedisErrors.classify(failed) != ErrorClass.OUTCOME_UNKNOWN) {
                inDoubt = 0;
            }
            lookUp(true);
            throw failed;
        }
    }

    private List<Delivery> accepted(ClaimAnswer answer, long before) {
        picks = answer.picks();
        turn = answer.turn();
        held.add(answer.deliveries(), before);
        // Where there was something there soon is more: who is busy looks again, before anybody has to wake it.
        long next = answer.left() || !answer.deliveries().isEmpty()
                ? time.nanos()
                : nextLook(answer.untilDue(), answer.untilEnd());
        lock.lock();
        try {
            looks++;
            if (!tokenTaken) {
                nextLook = next;
            }
        } finally {
            lock.unlock();
        }
        return answer.deliveries();
    }

    private void giveBackDoubtful() {
        try {
            recover(time.deadline(Duration.ofSeconds(1)));
        } catch (RuntimeException unreachable) {
            LOG.debug("What a lost answer of '{}' handed out waits for its leases to end", topic, unreachable);
        }
    }

    /** Gives back what a claim may have handed out whose answer was lost. */
    private void recover(long deadlineNanos) {
        if (inDoubt == 0) {
            return;
        }
        ScriptArguments arguments = new ScriptArguments().number(inDoubt).text(token(inDoubt));
        link.eval(RedisScript.RECOVER.call(keys.with(keys.voided(options.workerId())), arguments), deadlineNanos);
        inDoubt = 0;
    }

    private String token(long number) {
        return options.workerId() + ":" + number;
    }

    /** Every call is over within the call timeout, with a little room. */
    private long deadline() {
        return time.deadline(options.callTimeout().multipliedBy(4).dividedBy(5));
    }

    private long nextLook(OptionalLong untilDue, OptionalLong untilEnd) {
        Duration blind = min(LONGEST_BLINDNESS, options.lease());
        return Math.min(time.deadline(blind), Math.min(deadline(untilDue, blind), deadline(untilEnd, blind)));
    }

    private long deadline(OptionalLong millis, Duration otherwise) {
        return time.deadline(millis.isPresent() ? Duration.ofMillis(Math.max(1, millis.getAsLong())) : otherwise);
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration max(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED,
                    "This receiver of '" + topic + "' is closed. Open another one to go on");
        }
    }
}
