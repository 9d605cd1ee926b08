package io.backgroundqueue.internal;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.inmemory.InMemoryKeyValueStore;
import java.time.Duration;
import java.util.Optional;

/** A store in memory that notes every call and fails where a test says so. */
final class ScriptedStore implements KeyValueStore {
    /** Called before every operation with its name and key; may throw. */
    @FunctionalInterface
    interface Fault {
        void before(String operation, String key);
    }

    final Recorder<String> calls = new Recorder<>();
    volatile Fault fault = (operation, key) -> {};
    private final KeyValueStore entries;

    ScriptedStore(Bench bench) {
        this.entries = new InMemoryKeyValueStore(bench.time);
    }

    /** What a test finds or puts without being noted. */
    KeyValueStore entries() {
        return entries;
    }

    private void note(String operation, String key) {
        calls.add(operation + " " + key);
        fault.before(operation, key);
    }

    @Override
    public Optional<String> get(String key) {
        note("get", key);
        return entries.get(key);
    }

    @Override
    public boolean putIfAbsent(String key, String value, Duration ttl) {
        note("put", key);
        return entries.putIfAbsent(key, value, ttl);
    }

    @Override
    public boolean compareAndSet(String key, String expected, String value, Duration ttl) {
        note("set", key);
        return entries.compareAndSet(key, expected, value, ttl);
    }

    @Override
    public boolean compareAndDelete(String key, String expected) {
        note("delete", key);
        return entries.compareAndDelete(key, expected);
    }

    @Override
    public void close() {
        calls.add("close");
    }
}
