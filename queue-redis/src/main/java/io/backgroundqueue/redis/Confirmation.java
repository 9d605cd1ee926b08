package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisDataException;

/** Waits until what a connection has just written is as durable as asked for. */
final class Confirmation {
    /** Not in every version of the client library. */
    private static final ProtocolCommand WAITAOF = () -> TopicKeys.bytes("WAITAOF");

    private Confirmation() {}

    /**
     * @param answers what the writes were answered; there is nothing to confirm if all are errors
     * @throws QueueException of kind OUTCOME_UNKNOWN if it is not, or nobody can tell
     */
    static void require(
            RedisDurability durability,
            RedisLink link,
            Connection connection,
            long deadlineNanos,
            List<Object> answers) {
        if (durability.level() == RedisDurability.Level.AS_SERVER
                || answers.stream().allMatch(JedisDataException.class::isInstance)) {
            return;
        }
        long millis = Math.max(1, durability.timeout().toMillis());
        boolean disk = durability.level() == RedisDurability.Level.FSYNCED;
        CommandArguments wait = disk
                ? new CommandArguments(WAITAOF).add(1).add(0).add(millis)
                : new CommandArguments(Command.WAIT).add(durability.replicas()).add(millis);
        Object answer = link.exchange(connection, List.of(wait), deadlineNanos).get(0);
        if (answer instanceof JedisDataException error) {
            throw unknown("it cannot confirm that they are durable: " + error.getMessage(), durability, error);
        }
        long confirmed = Replies.number(disk ? Replies.list(answer).get(0) : answer);
        if (confirmed < durability.replicas()) {
            String found = disk ? "not on disk" : "only " + confirmed + " replicas confirmed them";
            throw unknown(found + " within " + durability.timeout(), durability, null);
        }
    }

    /** Whatever went wrong: the tasks are stored and will run. */
    private static QueueException unknown(
            String found, RedisDurability durability, @Nullable JedisDataException cause) {
        return new QueueException(
                QueueException.Kind.OUTCOME_UNKNOWN,
                "The server has the tasks, but " + found + ", where '" + durability
                        + "' was asked for. Look at the server's replicas and disk, or give it more time",
                null,
                cause);
    }
}
