package io.backgroundqueue.internal;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Time;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Finds what opens a URL, and reads the parameters that every backend takes. */
public final class Providers {
    /** Which artifact brings which scheme, for the message when it is missing. */
    private static final Map<String, String> ARTIFACTS = Map.of(
            "memory", "queue-inmemory",
            "redis", "queue-redis",
            "rediss", "queue-redis",
            "kafka", "queue-kafka",
            "amqp", "queue-rabbitmq",
            "amqps", "queue-rabbitmq",
            "sqs", "queue-sqs",
            "jdbc", "queue-jdbc");

    private Providers() {}

    /** The options with what the URL says for every backend; a store that it names is opened and added to {@code owned}. */
    public static QueueOptions withCommonParameters(QueueUrl url, QueueOptions options, List<AutoCloseable> owned) {
        QueueOptions.Builder builder = options.toBuilder().workerDefaults(worker(url, options.workerDefaults()));
        url.duration("enqueueTimeout").ifPresent(builder::enqueueTimeout);
        url.duration("deduplicationWindow").ifPresent(builder::deduplicationWindow);
        url.text("store").ifPresent(storeUrl -> {
            KeyValueStore store = openStore(storeUrl, options.time());
            owned.add(store);
            builder.store(store);
        });
        return builder.build();
    }

    /** Opens and verifies the driver that a URL describes. */
    public static QueueDriver openDriver(QueueUrl url, QueueOptions options) {
        QueueDriverProvider provider = find(QueueDriverProvider.class, url, QueueDriverProvider::schemes, "backend");
        return opened(url, () -> provider.open(url, options));
    }

    /** Opens and verifies the store that a URL describes. */
    public static KeyValueStore openStore(String text, Time time) {
        QueueUrl url = QueueUrl.parse(text);
        KeyValueStoreProvider provider =
                find(KeyValueStoreProvider.class, url, KeyValueStoreProvider::schemes, "store");
        KeyValueStore store = opened(url, () -> provider.open(url, time));
        try {
            url.requireAllTaken();
            return store;
        } catch (QueueException unknownParameter) {
            store.close();
            throw unknownParameter;
        }
    }

    /** Closes what is not needed after all. */
    public static void closeQuietly(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception ignored) {
            // The error that made it superfluous is the one to tell.
        }
    }

    private static WorkerOptions worker(QueueUrl url, WorkerOptions defaults) {
        WorkerOptions options = defaults;
        options = set(
                options,
                url.integer("concurrency", 1, 10_000).stream().boxed().findFirst(),
                WorkerOptions::concurrency);
        options =
                set(options, url.integer("attempts", 1, 10_000).stream().boxed().findFirst(), WorkerOptions::attempts);
        options = set(options, url.duration("lease"), WorkerOptions::leaseDuration);
        return set(options, url.duration("timeout"), WorkerOptions::timeout);
    }

    private static <V> WorkerOptions set(
            WorkerOptions options, Optional<V> value, BiFunction<WorkerOptions, V, WorkerOptions> setter) {
        return value.map(v -> setter.apply(options, v)).orElse(options);
    }

    private static <P> P find(Class<P> type, QueueUrl url, Function<P, Set<String>> schemes, String what) {
        Set<String> found = new TreeSet<>();
        for (ClassLoader loader : loaders()) {
            for (P provider : ServiceLoader.load(type, loader)) {
                if (schemes.apply(provider).contains(url.scheme())) {
                    return provider;
                }
                found.addAll(schemes.apply(provider));
            }
        }
        String artifact = ARTIFACTS.get(url.scheme());
        throw QueueException.invalid(
                "No " + what + " opens the scheme '" + url.scheme() + "' of " + url + ". Found are: "
                        + (found.isEmpty() ? "none" : String.join(", ", found)) + ". "
                        + (artifact == null
                                ? "Known schemes and their artifacts are " + known()
                                : "Add the artifact io.backgroundqueue:" + artifact));
    }

    private static List<ClassLoader> loaders() {
        List<ClassLoader> loaders = new ArrayList<>();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        if (context != null) {
            loaders.add(context);
        }
        loaders.add(Providers.class.getClassLoader());
        return loaders;
    }

    private static String known() {
        List<String> known = new ArrayList<>();
        new TreeMap<>(ARTIFACTS).forEach((scheme, artifact) -> known.add(scheme + " (" + artifact + ")"));
        return String.join(", ", known);
    }

    private interface Opening<T> {
        T open() throws Exception;
    }

    private static <T> T opened(QueueUrl url, Opening<T> opening) {
        try {
            return opening.open();
        } catch (QueueException clear) {
            throw clear;
        } catch (Exception failure) {
            throw new QueueException(
                    Kind.UNAVAILABLE,
                    url + " could not be opened: " + Errors.describe(failure)
                            + ". Check that the server runs, and its address and credentials",
                    null,
                    Errors.clean(failure));
        }
    }
}
