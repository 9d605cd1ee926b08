package io.backgroundqueue.redis;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Duty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Listens, on one connection, for the wake tokens of all topics that have a waiting receiver, so that nobody polls. It
 * blocks on lists of tokens, never on tasks. A list of its own tells it that there is another topic to listen for.
 */
final class WakeDuty implements Duty {
    /** Short enough that receivers that wait need not look for themselves. */
    private static final Duration BETWEEN_LOOKS = RedisReceiver.LONGEST_BLINDNESS.dividedBy(2);

    /**
     * Redis before 7.0.8 takes a millisecond for no bound at all, see
     * <a href="https://github.com/redis/redis/issues/11687">redis 11687</a>.
     */
    private static final long SHORTEST_WAIT_MILLIS = 2;

    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** How much later than promised an answer may come before the connection is given up. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private static final Duration CONTROL_CALL = Duration.ofSeconds(2);
    private static final long CONTROL_LIFE_MILLIS = 60_000;

    private final RedisLink link;
    private final Time time;
    private final byte[] control;
    private final ReentrantLock lock = new ReentrantLock();

    /** Name of a wake list to those who wait for its token, in order of arrival. */
    private final Map<String, List<RedisReceiver>> waiting = new LinkedHashMap<>();

    /** What the current turn listens for; empty between turns. */
    private List<String> listening = List.of();

    private boolean blocking;
    private boolean poked;
    /** The next turn, if none is under way, is not to wait. */
    private boolean woken;

    // The turning thread's.
    private @Nullable Connection connection;
    private long nextLook;

    WakeDuty(RedisLink link, Time time, String prefix) {
        this.link = link;
        this.time = time;
        this.control = TopicKeys.control(prefix, UUID.randomUUID().toString());
        this.nextLook = time.deadline(BETWEEN_LOOKS);
    }

    /** From now on a token of the receiver's topic makes it look up. */
    void listen(RedisReceiver receiver) {
        String list = receiver.keys().wake();
        boolean poke;
        lock.lock();
        try {
            List<RedisReceiver> receivers = waiting.computeIfAbsent(list, any -> new ArrayList<>());
            if (!receivers.contains(receiver)) {
                receivers.add(receiver);
            }
            poke = blocking && !poked && !listening.contains(list);
            poked |= poke;
        } finally {
            lock.unlock();
        }
        if (poke) {
            poke();
        }
    }

    void ignore(RedisReceiver receiver) {
        lock.lock();
        try {
            waiting.computeIfPresent(receiver.keys().wake(), (list, receivers) -> {
                receivers.remove(receiver);
                return receivers.isEmpty() ? null : receivers;
            });
        } finally {
            lock.unlock();
        }
    }

    /** A token that was taken in vain is left to other processes. */
    void putBack(String list, long deadlineNanos) {
        link.eval(
                RedisScript.TOKEN.call(List.of(TopicKeys.bytes(list)), new ScriptArguments().number(0)), deadlineNanos);
    }

    @Override
    public String name() {
        return "wake-up";
    }

    @Override
    public Duration turn() {
        try {
            String list = taken(connection());
            if (list != null && !tell(list)) {
                putBack(list, time.deadline(CONTROL_CALL));
            }
            if (time.nanos() - nextLook >= 0) {
                lookForAll();
                nextLook = time.deadline(BETWEEN_LOOKS);
            }
            return Duration.ZERO;
        } catch (RuntimeException failed) {
            // A server that was demoted ends every wait: the next turn finds out where to go on.
            disconnect();
            tellAll();
            throw failed;
        }
    }

    @Override
    public void wake() {
        lock.lock();
        try {
            woken = true;
            if (!blocking || poked) {
                return;
            }
            poked = true;
        } finally {
            lock.unlock();
        }
        try {
            poke();
        } catch (RuntimeException unreachable) {
            // Then the turn ends by its own timeout.
        }
    }

    @Override
    public void close() {
        disconnect();
    }

    /** Waits for a token; null if none came, or only word of another topic. */
    private @Nullable String taken(Connection blockingConnection) {
        CommandArguments command = new CommandArguments(Command.BLPOP).key(control);
        lock.lock();
        try {
            if (woken) {
                woken = false;
                return null;
            }
            listening = List.copyOf(waiting.keySet());
            listening.forEach(list -> command.key(TopicKeys.bytes(list)));
            blocking = true;
        } finally {
            lock.unlock();
        }
        try {
            long millis = time.until(nextLook).toMillis() + SHORTEST_WAIT_MILLIS;
            command.add(millis / 1_000.0);
            long deadline = time.deadline(GRACE.plusMillis(millis));
            Object answer = link.exchange(blockingConnection, List.of(command), deadline)
                    .get(0);
            if (answer instanceof JedisDataException error) {
                throw error;
            }
            List<?> found = Replies.list(answer);
            String list = found.isEmpty() ? null : Replies.text(found.get(0));
            return list == null || Arrays.equals(TopicKeys.bytes(list), control) ? null : list;
        } finally {
            lock.lock();
            try {
                blocking = false;
                poked = false;
                woken = false;
                listening = List.of();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Makes one receiver look up; false if none waits any more. It makes way for the others of its topic. */
    private boolean tell(String list) {
        lock.lock();
        try {
            List<RedisReceiver> receivers = waiting.get(list);
            if (receivers == null) {
                return false;
            }
            RedisReceiver first = receivers.remove(0);
            receivers.add(first);
            first.lookUp(true);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Looks in place of all that wait: one look for a hundred topics, instead of one each. */
    private void lookForAll() {
        Map<RedisReceiver, Long> waiters = waiters();
        List<RedisReceiver> receivers = List.copyOf(waiters.keySet());
        List<TopicKeys> topics = receivers.stream().map(RedisReceiver::keys).toList();
        List<Sight> sights = Sight.of(topics, link, time.deadline(CONTROL_CALL));
        for (int i = 0; i < receivers.size(); i++) {
            RedisReceiver receiver = receivers.get(i);
            if (sights.get(i).ready()) {
                receiver.lookUp(false);
            } else {
                receiver.seen(sights.get(i), waiters.getOrDefault(receiver, 0L));
            }
        }
    }

    private Map<RedisReceiver, Long> waiters() {
        lock.lock();
        try {
            Map<RedisReceiver, Long> waiters = new LinkedHashMap<>();
            waiting.values().forEach(all -> all.forEach(receiver -> waiters.put(receiver, receiver.looks())));
            return waiters;
        } finally {
            lock.unlock();
        }
    }

    /** Tokens may have been lost with a connection. */
    private void tellAll() {
        lock.lock();
        try {
            waiting.values().forEach(receivers -> receivers.forEach(receiver -> receiver.lookUp(false)));
        } finally {
            lock.unlock();
        }
    }

    private void poke() {
        try {
            link.eval(
                    RedisScript.TOKEN.call(List.of(control), new ScriptArguments().number(CONTROL_LIFE_MILLIS)),
                    time.deadline(CONTROL_CALL));
        } catch (RuntimeException failed) {
            lock.lock();
            try {
                poked = false;
            } finally {
                lock.unlock();
            }
            throw failed;
        }
    }

    private Connection connection() {
        Connection current = connection;
        if (current == null) {
            current = link.connect(time.deadline(CONNECT));
            connection = current;
        }
        return current;
    }

    private void disconnect() {
        if (connection != null) {
            connection.disconnect();
            connection = null;
        }
    }
}
