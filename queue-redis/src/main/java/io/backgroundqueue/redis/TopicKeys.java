package io.backgroundqueue.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The keys of one topic, {@code {prefix}:topic:part}. The braces put all topics of a prefix into one slot of a cluster.
 * What each key holds stands in {@code docs/decisions/0006-redis-layout.md}.
 */
final class TopicKeys {
    private final String base;
    private final List<byte[]> common;

    TopicKeys(String prefix, String topic) {
        base = "{" + prefix + "}:" + topic + ":";
        common = Stream.of(
                        Stream.of("body", "due", "lease", "own", "starts", "prog", "dead", "letter", "gone", "wake"),
                        IntStream.range(0, 10).mapToObj(level -> "r" + level),
                        Stream.of("dedup"))
                .flatMap(parts -> parts)
                .map(this::key)
                .toList();
    }

    /** The list through which a process of this queue is told that it should look up from waiting. */
    static byte[] control(String prefix, String process) {
        return bytes("{" + prefix + "}::control:" + process);
    }

    /** An entry of the key-value store. */
    static byte[] store(String prefix, String key) {
        return bytes("{" + prefix + "}::kv:" + key);
    }

    /** The keys that every script of a topic takes, in the order that topic.lua gives them names. */
    List<byte[]> common() {
        return common;
    }

    /** {@link #common()} and one more. */
    List<byte[]> with(byte[] key) {
        List<byte[]> keys = new ArrayList<>(common);
        keys.add(key);
        return keys;
    }

    /** The keys that look.lua takes of each topic. */
    List<byte[]> sights() {
        List<byte[]> keys = new ArrayList<>(common.subList(1, 3));
        keys.addAll(common.subList(10, 20));
        return keys;
    }

    /** Of each task with a deduplication id, the key that it took. */
    byte[] deduplications() {
        return common.get(common.size() - 1);
    }

    byte[] deaths() {
        return common.get(6);
    }

    /** The list of the wake token. */
    String wake() {
        return base + "wake";
    }

    byte[] deduplication(String id) {
        return key("dd:" + id);
    }

    /** Which claims of a worker must not happen any more. */
    byte[] voided(String workerId) {
        return key("void:" + workerId);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TopicKeys that && base.equals(that.base);
    }

    @Override
    public int hashCode() {
        return base.hashCode();
    }

    @Override
    public String toString() {
        return base + "*";
    }

    private byte[] key(String part) {
        return bytes(base + part);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
