package io.backgroundqueue.redis;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Time;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/** Tasks on a Redis or Valkey server. What is stored where, and why, is decision 0006. */
final class RedisDriver implements QueueDriver {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(9);
    private static final int PURGE_STEP = 1_000;

    private final RedisSettings settings;
    private final Time time;
    private final Capabilities capabilities;
    private final RedisLink link;
    private final WakeDuty wakeUps;
    private final Set<RedisReceiver> receivers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private RedisDriver(RedisSettings settings, Time time, RedisLink link, Capabilities capabilities) {
        this.settings = settings;
        this.time = time;
        this.link = link;
        this.capabilities = capabilities;
        this.wakeUps = new WakeDuty(link, time, settings.prefix);
    }

    /** Connects, and refuses a server that cannot keep what is promised. */
    static RedisDriver open(RedisSettings settings, Time time) {
        RedisLink link = new RedisLink(settings, time);
        try {
            ServerFacts facts = ServerFacts.ask(link, settings.prefix, time.deadline(settings.connectTimeout));
            facts.require(settings);
            return new RedisDriver(settings, time, link, RedisCapabilities.of(facts, settings));
        } catch (RuntimeException refused) {
            link.close();
            throw refused;
        }
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    /** One script per topic, all in one round trip: each topic's tasks are stored together or not at all. */
    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) {
        requireOpen();
        Map<String, List<Integer>> byTopic = new LinkedHashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            byTopic.computeIfAbsent(batch.get(i).topic(), any -> new ArrayList<>())
                    .add(i);
        }
        List<RedisScript.Call> calls = byTopic.entrySet().stream()
                .map(topic -> enqueue(
                        topic.getKey(),
                        topic.getValue().stream().map(batch::get).toList()))
                .toList();
        List<Object> answers = link.eval(calls, time.deadline(timeout), settings.durability);
        SendResult[] results = new SendResult[batch.size()];
        int topic = 0;
        for (List<Integer> items : byTopic.values()) {
            Object answer = answers.get(topic++);
            for (int i = 0; i < items.size(); i++) {
                results[items.get(i)] = result(answer, i);
            }
        }
        return Arrays.asList(results);
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) {
        requireOpen();
        RedisReceiver receiver =
                new RedisReceiver(topic, keys(topic), new RedisParts(link, wakeUps, time), options, receivers::remove);
        receivers.add(receiver);
        return receiver;
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) {
        requireOpen();
        TopicKeys keys = keys(topic);
        long deadline = time.deadline(CALL_TIMEOUT);
        settings.deadLetterRetention.ifPresent(kept -> DeadLetterRetention.expire(link, keys, kept, deadline));
        return new RedisDeadLetterCursor(topic, keys, link, time, CALL_TIMEOUT, lastDeath(keys, deadline));
    }

    @Override
    public TopicStats stats(String topic) {
        requireOpen();
        return stats(topic, time.deadline(CALL_TIMEOUT));
    }

    private TopicStats stats(String topic, long deadline) {
        RedisScript.Call call = RedisScript.STATS.call(keys(topic).common(), new ScriptArguments());
        List<?> counts = Replies.list(link.eval(call, deadline));
        long oldest = Replies.number(counts.get(4));
        return new TopicStats(
                OptionalLong.of(Replies.number(counts.get(0))),
                OptionalLong.of(Replies.number(counts.get(1))),
                OptionalLong.of(Replies.number(counts.get(2))),
                OptionalLong.of(Replies.number(counts.get(3))),
                oldest < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(oldest)));
    }

    @Override
    public boolean cancel(String topic, String taskId) {
        requireOpen();
        TopicKeys keys = keys(topic);
        long deadline = time.deadline(CALL_TIMEOUT);
        Object deduplication = link.command(
                new CommandArguments(Command.HGET).key(keys.deduplications()).add(taskId), deadline);
        List<byte[]> all = deduplication instanceof byte[] key ? keys.with(key) : keys.common();
        RedisScript.Call cancel = RedisScript.CANCEL.call(all, new ScriptArguments().text(taskId));
        return Replies.number(link.eval(cancel, deadline)) == 1;
    }

    @Override
    public long purge(String topic, Scope scope) {
        requireOpen();
        TopicKeys keys = keys(topic);
        long deadline = time.deadline(CALL_TIMEOUT);
        return scope == Scope.READY ? purgeReady(keys, topic, deadline) : purgeDead(keys, topic, deadline);
    }

    @Override
    public void check() {
        requireOpen();
        link.command(new CommandArguments(Command.PING), time.deadline(CALL_TIMEOUT));
    }

    @Override
    public List<Duty> duties() {
        return List.of(wakeUps, new SweepDuty(link, time, settings.deadLetterRetention, this::consumed));
    }

    @Override
    public ErrorClass classify(Exception error) {
        return closed ? ErrorClass.CLOSED : RedisErrors.classify(error);
    }

    @Override
    public void close() {
        closed = true;
        receivers.forEach(RedisReceiver::close);
        link.close();
    }

    private RedisScript.Call enqueue(String topic, List<Envelope> tasks) {
        TopicKeys keys = keys(topic);
        List<byte[]> all = new ArrayList<>(keys.common());
        boolean confirmed = settings.durability.level() != RedisDurability.Level.AS_SERVER;
        ScriptArguments arguments = new ScriptArguments().number(confirmed ? 1 : 0);
        for (Envelope task : tasks) {
            arguments
                    .text(task.taskId())
                    .number(task.priority())
                    .start(task.start())
                    .bytes(Body.write(task));
            task.deduplication()
                    .ifPresentOrElse(
                            deduplication -> {
                                all.add(keys.deduplication(deduplication.id()));
                                arguments.number(all.size()).number(ScriptArguments.millis(deduplication.window()));
                            },
                            () -> arguments.text("").text(""));
        }
        return RedisScript.ENQUEUE.call(all, arguments);
    }

    private static SendResult result(Object answer, int index) {
        if (answer instanceof JedisDataException error) {
            return new SendResult.Failed(RedisErrors.classify(error), error);
        }
        String holder = Replies.text(Replies.list(answer).get(index));
        return holder.isEmpty() ? SendResult.ACCEPTED : new SendResult.Duplicate(Optional.of(holder));
    }

    private String lastDeath(TopicKeys keys, long deadline) {
        Object newest = link.command(
                new CommandArguments(Command.ZRANGE)
                        .key(keys.deaths())
                        .add(-1)
                        .add(-1)
                        .add("WITHSCORES"),
                deadline);
        List<?> found = Replies.list(newest);
        return found.isEmpty() ? "0" : Replies.text(found.get(1));
    }

    /** Ends although producers go on: at what was there when it began. */
    private long purgeReady(TopicKeys keys, String topic, long deadline) {
        TopicStats before = stats(topic, deadline);
        long most = before.ready().orElse(0) + before.delayed().orElse(0);
        long deleted = 0;
        long seen = PURGE_STEP;
        while (seen > 0 && deleted < most) {
            requireTime(deadline, deleted, topic);
            List<?> step = Replies.list(link.eval(
                    RedisScript.PURGE_READY.call(keys.common(), new ScriptArguments().number(PURGE_STEP)), deadline));
            deleted += Replies.number(step.get(0));
            seen = Replies.number(step.get(1));
            free(Replies.list(step.get(2)), deadline);
        }
        return deleted;
    }

    /** Frees deduplication ids of tasks that will not run, unless others have taken them meanwhile. */
    private void free(List<?> taken, long deadline) {
        List<RedisScript.Call> calls = new ArrayList<>();
        for (int i = 0; i < taken.size(); i += 2) {
            calls.add(RedisScript.COMPARE_AND_DELETE.call(
                    List.of(Replies.bytes(taken.get(i + 1)).toArray()),
                    new ScriptArguments().text(Replies.text(taken.get(i)))));
        }
        if (!calls.isEmpty()) {
            link.eval(calls, deadline, RedisDurability.AS_SERVER);
        }
    }

    private long purgeDead(TopicKeys keys, String topic, long deadline) {
        String last = lastDeath(keys, deadline);
        long deleted = 0;
        long step = PURGE_STEP;
        while (step == PURGE_STEP) {
            requireTime(deadline, deleted, topic);
            step = Replies.number(link.eval(
                    RedisScript.PURGE_DEAD.call(
                            keys.common(),
                            new ScriptArguments().number(PURGE_STEP).text(last)),
                    deadline));
            deleted += step;
        }
        return deleted;
    }

    private void requireTime(long deadline, long deleted, String topic) {
        if (time.nanos() - deadline >= 0) {
            throw new QueueException(
                    QueueException.Kind.OUTCOME_UNKNOWN,
                    "The purge of '" + topic + "' has deleted " + deleted + " and is not done after " + CALL_TIMEOUT
                            + ". Call it again for the rest");
        }
    }

    private Collection<TopicKeys> consumed() {
        return receivers.stream().map(RedisReceiver::keys).distinct().toList();
    }

    private TopicKeys keys(String topic) {
        return new TopicKeys(settings.prefix, topic);
    }

    private void requireOpen() {
        if (closed) {
            throw new QueueException(
                    QueueException.Kind.CLOSED, "This Redis driver is closed. Open another one to go on");
        }
    }
}
