package io.backgroundqueue.inmemory;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Things that are shared by name inside this JVM, each for as long as somebody uses it. Thread-safe. */
final class SharedByName<T> {
    private record Shared<T>(T thing, int users) {}

    private final Map<String, Shared<T>> things = new ConcurrentHashMap<>();

    /** The thing of that name, made if there is none. Each call wants one {@link #release}. */
    T acquire(String name, Supplier<T> make) {
        Shared<T> acquired = things.compute(
                name,
                (key, shared) ->
                        shared == null ? new Shared<>(make.get(), 1) : new Shared<>(shared.thing, shared.users + 1));
        return acquired.thing;
    }

    void release(String name) {
        things.computeIfPresent(
                name, (key, shared) -> shared.users == 1 ? null : new Shared<>(shared.thing, shared.users - 1));
    }
}
