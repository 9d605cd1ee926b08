package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisMovedDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * The connections to one server, shared by all that one driver or store does. A call takes an idle connection or makes
 * one, so that whatever was lost is rebuilt by the call that needs it. In a cluster it follows the slot of its prefix
 * from node to node. Thread-safe; starts no thread.
 */
final class RedisLink implements AutoCloseable {
    private static final int MOST_IDLE = 32;
    private static final int MOST_REDIRECTIONS = 5;
    /** After this long without use, a connection is asked whether it still works. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private static final Duration LONGEST_PING = Duration.ofSeconds(1);

    private final RedisSettings settings;
    private final Time time;
    private final ConcurrentLinkedDeque<Idle> idle = new ConcurrentLinkedDeque<>();
    private volatile HostAndPort node;
    private volatile boolean closed;

    RedisLink(RedisSettings settings, Time time) {
        this.settings = settings;
        this.time = time;
        this.node = settings.hosts.get(0);
    }

    private record Idle(SharedConnection connection, long since) {}

    /** The answer of one script; throws the error that the server answered. */
    Object eval(RedisScript.Call call, long deadlineNanos) {
        return answered(
                eval(List.of(call), deadlineNanos, RedisDurability.AS_SERVER).get(0));
    }

    /**
     * The answers of several scripts, sent together. An answer may be the server's error, a {@link JedisDataException}.
     *
     * @throws QueueException of kind OUTCOME_UNKNOWN if they ran but are not as durable as asked for
     */
    List<Object> eval(List<RedisScript.Call> calls, long deadlineNanos, RedisDurability durability) {
        return following(calls, deadlineNanos, (connection, now) -> {
            List<Object> answers = evaluated(connection, now, deadlineNanos);
            Confirmation.require(durability, this, connection, deadlineNanos, answers);
            return answers;
        });
    }

    /** The answer of one command; throws the error that the server answered. */
    Object command(CommandArguments command, long deadlineNanos) {
        return answered(commands(List.of(command), deadlineNanos).get(0));
    }

    /** The answers of several commands, sent together; each may be the server's error. */
    List<Object> commands(List<CommandArguments> commands, long deadlineNanos) {
        return following(commands, deadlineNanos, (connection, now) -> exchange(connection, now, deadlineNanos));
    }

    /** The answers of commands on this connection, an empty list for nothing; each may be the server's error. */
    List<Object> exchange(Connection connection, List<CommandArguments> commands, long deadlineNanos) {
        connection.setSoTimeout(millisUntil(deadlineNanos));
        commands.forEach(connection::sendCommand);
        List<Object> answers = new ArrayList<>(commands.size());
        for (int i = 0; i < commands.size(); i++) {
            connection.setSoTimeout(millisUntil(deadlineNanos));
            answers.add(answer(connection));
        }
        return answers;
    }

    /** A connection of the caller's own. */
    SharedConnection connect(long deadlineNanos) {
        JedisConnectionException failed = null;
        // Once more than there are hosts: a node that the queue was sent to need not be one of them.
        for (int i = 0; i <= settings.hosts.size(); i++) {
            HostAndPort target = node;
            try {
                return open(target, deadlineNanos);
            } catch (JedisConnectionException away) {
                failed = away;
                if (!nextAfter(target)) {
                    break;
                }
            }
        }
        throw new NotConnectedException("Cannot connect to " + settings, Objects.requireNonNull(failed));
    }

    /** Ends all idle connections, and each other one when its call returns. */
    @Override
    public void close() {
        closed = true;
        dropIdle();
    }

    /** Asks again, where they were told to, those requests whose slot has moved: nothing was done for them. */
    private <R> List<Object> following(
            List<R> requests, long deadlineNanos, BiFunction<Connection, List<R>, List<Object>> exchange) {
        Object[] answers = new Object[requests.size()];
        List<Integer> open = IntStream.range(0, requests.size()).boxed().toList();
        for (int turn = 0; turn < MOST_REDIRECTIONS && !open.isEmpty(); turn++) {
            List<R> now = open.stream().map(requests::get).toList();
            List<Object> got = with(deadlineNanos, connection -> {
                List<Object> answered = exchange.apply(connection, now);
                answered.forEach(answer -> follow(answer, connection.node()));
                return answered;
            });
            for (int i = 0; i < got.size(); i++) {
                answers[open.get(i)] = got.get(i);
            }
            open = open.stream()
                    .filter(i -> answers[i] instanceof JedisMovedDataException)
                    .toList();
        }
        return List.of(answers);
    }

    private <T> T with(long deadlineNanos, Function<SharedConnection, T> use) {
        requireOpen();
        Idle borrowed = borrow(deadlineNanos);
        boolean kept = false;
        try {
            T result = use.apply(borrowed.connection);
            kept = true;
            return result;
        } catch (JedisDataException answered) {
            kept = true;
            throw answered;
        } finally {
            giveBack(borrowed, kept);
        }
    }

    private Idle borrow(long deadlineNanos) {
        for (Idle found = idle.pollFirst(); found != null; found = idle.pollFirst()) {
            if (found.connection.node().equals(node) && works(found, deadlineNanos)) {
                return found;
            }
            found.connection.disconnect();
        }
        return new Idle(connect(deadlineNanos), time.nanos());
    }

    /** A connection that does not answer has probably lost its server, and so have the others. */
    private boolean works(Idle found, long deadlineNanos) {
        if (time.nanos() - found.since < FRESH.toNanos()) {
            return true;
        }
        try {
            long ping = Math.min(deadlineNanos, time.deadline(LONGEST_PING));
            exchange(found.connection, List.of(new CommandArguments(Command.PING)), ping);
            return true;
        } catch (JedisConnectionException gone) {
            dropIdle();
            return false;
        }
    }

    private void giveBack(Idle borrowed, boolean works) {
        SharedConnection connection = borrowed.connection;
        if (works && !closed && !connection.isBroken() && idle.size() < MOST_IDLE) {
            idle.addFirst(new Idle(connection, time.nanos()));
            if (closed) {
                dropIdle();
            }
        } else {
            connection.disconnect();
        }
    }

    private void dropIdle() {
        for (Idle found = idle.pollFirst(); found != null; found = idle.pollFirst()) {
            found.connection.disconnect();
        }
    }

    /** A server that does not know a script says so and has done nothing: only then it is sent again, in full. */
    private List<Object> evaluated(Connection connection, List<RedisScript.Call> calls, long deadlineNanos) {
        List<Object> answers = exchange(
                connection,
                calls.stream()
                        .map(call -> command(Command.EVALSHA, call.script().digest(), call))
                        .toList(),
                deadlineNanos);
        List<Integer> unknown = IntStream.range(0, calls.size())
                .filter(i -> answers.get(i) instanceof JedisNoScriptException)
                .boxed()
                .toList();
        List<Object> again = exchange(
                connection,
                unknown.stream()
                        .map(calls::get)
                        .map(call -> command(Command.EVAL, call.script().source(), call))
                        .toList(),
                deadlineNanos);
        for (int i = 0; i < unknown.size(); i++) {
            answers.set(unknown.get(i), again.get(i));
        }
        return answers;
    }

    private static CommandArguments command(Command command, String script, RedisScript.Call call) {
        CommandArguments arguments =
                new CommandArguments(command).add(script).add(call.keys().size());
        call.keys().forEach(arguments::key);
        call.arguments().forEach(arguments::add);
        return arguments;
    }

    /** If the slot is elsewhere, that is where to ask from now on. A demoted server is left. */
    private void follow(Object answer, HostAndPort asked) {
        if (answer instanceof JedisMovedDataException moved) {
            node = target(moved.getTargetNode(), asked);
        } else if (answer instanceof JedisDataException error
                && RedisErrors.code(error).equals("READONLY")) {
            dropIdle();
        }
    }

    /** A node that does not know its own name sends to another port of the host that was asked. */
    static HostAndPort target(HostAndPort told, HostAndPort asked) {
        boolean named = !told.getHost().isEmpty() && !told.getHost().equals("?");
        return named ? told : new HostAndPort(asked.getHost(), told.getPort());
    }

    private static Object answer(Connection connection) {
        try {
            Object answer = connection.getOne();
            return answer == null ? List.of() : answer;
        } catch (JedisDataException error) {
            return error;
        }
    }

    private static Object answered(Object answer) {
        if (answer instanceof JedisDataException error) {
            throw error;
        }
        return answer;
    }

    private SharedConnection open(HostAndPort target, long deadlineNanos) {
        int millis = (int) Math.max(1, Math.min(millisUntil(deadlineNanos), settings.connectTimeout.toMillis()));
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder()
                .protocol(RedisProtocol.RESP2)
                .connectionTimeoutMillis(millis)
                .socketTimeoutMillis(millis)
                .blockingSocketTimeoutMillis(millis)
                .database(settings.database)
                .clientName("backgroundqueue")
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        settings.user.ifPresent(config::user);
        settings.password.ifPresent(config::password);
        return new SharedConnection(target, new Sockets(settings, target, millis), config.build());
    }

    /** Turns to the next host; false if there is no other. */
    private boolean nextAfter(HostAndPort away) {
        node = settings.hosts.get((settings.hosts.indexOf(away) + 1) % settings.hosts.size());
        return !node.equals(away);
    }

    private int millisUntil(long deadlineNanos) {
        return (int) Math.max(
                1, Math.min(Integer.MAX_VALUE, time.until(deadlineNanos).toMillis()));
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED,
                    "The connections to " + settings + " are closed. Open another queue to go on");
        }
    }
}
