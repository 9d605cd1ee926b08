package io.backgroundqueue.redis;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.QueueUrl;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A store on a Redis or Valkey server: one string with a time to live per entry, which the server's clock ends. Opened by
 * URL: {@code redis://localhost:6379?prefix=bq}. Thread-safe.
 */
public final class RedisKeyValueStore implements KeyValueStore {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
    private static final int LONGEST_KEY = 512;
    private static final int LARGEST_VALUE = 64 << 10;

    private final RedisSettings settings;
    private final RedisLink link;
    private final Time time;

    private RedisKeyValueStore(RedisSettings settings, RedisLink link, Time time) {
        this.settings = settings;
        this.link = link;
        this.time = time;
    }

    /**
     * Connects to the server of a URL, {@code redis://user:password@host:6379/0?prefix=bq}, or {@code rediss:}. Parameters
     * are {@code prefix} and {@code connectTimeout}.
     *
     * @throws QueueException of kind UNAVAILABLE if it cannot be reached; MISCONFIGURED if it is too old or evicts keys
     */
    public static RedisKeyValueStore open(String url) {
        QueueUrl parsed = QueueUrl.parse(url);
        RedisKeyValueStore store = open(RedisSettings.of(parsed), Time.system());
        try {
            parsed.requireAllTaken();
            return store;
        } catch (QueueException unknownParameter) {
            store.close();
            throw unknownParameter;
        }
    }

    static RedisKeyValueStore open(RedisSettings settings, Time time) {
        RedisLink link = new RedisLink(settings, time);
        try {
            Opening.explained(
                            settings,
                            () -> ServerFacts.ask(link, settings.prefix, time.deadline(settings.connectTimeout)))
                    .require(settings);
            return new RedisKeyValueStore(settings, link, time);
        } catch (RuntimeException refused) {
            link.close();
            throw refused;
        }
    }

    @Override
    public Optional<String> get(String key) {
        return getAll(List.of(key)).get(0);
    }

    @Override
    public boolean putIfAbsent(String key, String value, Duration ttl) {
        return putAllIfAbsent(List.of(new Put(key, value, ttl))).get(0);
    }

    @Override
    public boolean compareAndSet(String key, String expected, String value, Duration ttl) {
        return compareAndSetAll(List.of(new Swap(key, expected, value, ttl))).get(0);
    }

    @Override
    public boolean compareAndDelete(String key, String expected) {
        ScriptArguments arguments = new ScriptArguments().text(expected);
        return scripts(List.of(RedisScript.COMPARE_AND_DELETE.call(List.of(key(key)), arguments)))
                .get(0);
    }

    @Override
    public List<Optional<String>> getAll(List<String> keys) {
        return commands(
                keys.stream()
                        .map(key -> new CommandArguments(Command.GET).key(key(key)))
                        .toList(),
                answer -> answer instanceof byte[] value
                        ? Optional.of(new String(value, StandardCharsets.UTF_8))
                        : Optional.empty());
    }

    @Override
    public List<Boolean> putAllIfAbsent(List<Put> puts) {
        return commands(
                puts.stream()
                        .map(put -> new CommandArguments(Command.SET)
                                .key(key(put.key()))
                                .add(value(put.value()))
                                .add("NX")
                                .add("PX")
                                .add(millis(put.ttl())))
                        .toList(),
                answer -> answer instanceof byte[]);
    }

    @Override
    public List<Boolean> compareAndSetAll(List<Swap> swaps) {
        return scripts(swaps.stream()
                .map(swap -> RedisScript.COMPARE_AND_SET.call(
                        List.of(key(swap.key())),
                        new ScriptArguments()
                                .text(swap.expected())
                                .text(value(swap.value()))
                                .number(millis(swap.ttl()))))
                .toList());
    }

    @Override
    public void close() {
        link.close();
    }

    private <T> List<T> commands(List<CommandArguments> commands, Function<Object, T> read) {
        return available(() -> link.commands(commands, time.deadline(CALL_TIMEOUT)).stream()
                .map(RedisKeyValueStore::orError)
                .map(read)
                .toList());
    }

    private List<Boolean> scripts(List<RedisScript.Call> calls) {
        return available(() -> link.eval(calls, time.deadline(CALL_TIMEOUT), RedisDurability.AS_SERVER).stream()
                .map(answer -> Replies.number(orError(answer)) == 1)
                .toList());
    }

    private static Object orError(Object answer) {
        if (answer instanceof JedisDataException error) {
            throw error;
        }
        return answer;
    }

    private <T> T available(Supplier<T> call) {
        try {
            return call.get();
        } catch (QueueException clear) {
            throw clear;
        } catch (RuntimeException failed) {
            throw new QueueException(
                    Kind.UNAVAILABLE,
                    "The store on " + settings + " did not answer: "
                            + QueueUrl.redact(String.valueOf(failed.getMessage())) + ". A change may have taken effect",
                    null,
                    failed);
        }
    }

    private byte[] key(String key) {
        if (key.isEmpty() || key.length() > LONGEST_KEY) {
            throw QueueException.invalid("A key has " + key.length() + " characters. It must have 1 to " + LONGEST_KEY);
        }
        return TopicKeys.store(settings.prefix, key);
    }

    private static String value(String value) {
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LARGEST_VALUE) {
            throw new QueueException(
                    Kind.TOO_LARGE, "A value has " + bytes + " bytes. It must have at most " + LARGEST_VALUE);
        }
        return value;
    }

    private static long millis(Duration ttl) {
        if (ttl.isZero() || ttl.isNegative()) {
            throw QueueException.invalid("The time to live is " + ttl + ". It must be longer than 0");
        }
        return ScriptArguments.millis(ttl);
    }
}
