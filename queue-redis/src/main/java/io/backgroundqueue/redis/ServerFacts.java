package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import java.util.HashMap;
import java.util.Map;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/** What a server says of itself. Asked by INFO, because managed servers forbid CONFIG. */
final class ServerFacts {
    private static final int LEAST_MAJOR = 6;
    private static final int LEAST_MINOR = 2;

    private final Map<String, String> facts;

    private ServerFacts(Map<String, String> facts) {
        this.facts = facts;
    }

    /** Of a cluster, the node that has the slot of the prefix: a command with a key leads to it. */
    static ServerFacts ask(RedisLink link, String prefix, long deadlineNanos) {
        link.command(new CommandArguments(Command.GET).key(TopicKeys.store(prefix, "")), deadlineNanos);
        return of(Replies.text(link.command(new CommandArguments(Command.INFO), deadlineNanos)));
    }

    static ServerFacts of(String info) {
        Map<String, String> facts = new HashMap<>();
        info.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                facts.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return new ServerFacts(facts);
    }

    /** @throws QueueException of kind MISCONFIGURED if it cannot keep what is promised */
    void require(RedisSettings settings) {
        if (!atLeast(LEAST_MAJOR, LEAST_MINOR)) {
            throw refused(settings, "is version " + version(), "6.2 or later is needed. Upgrade the server");
        }
        String policy = fact("maxmemory_policy", "noeviction");
        if (!policy.equals("noeviction")) {
            throw refused(
                    settings,
                    "evicts keys when its memory is full (maxmemory-policy is " + policy + ")",
                    "tasks would be lost. Run: redis-cli CONFIG SET maxmemory-policy noeviction, and set it in the"
                            + " server's configuration");
        }
        if (!fact("role", "master").equals("master")) {
            throw refused(
                    settings,
                    "is a replica of " + fact("master_host", "another server"),
                    "it takes no writes. Name the primary");
        }
        if (settings.hosts.size() > 1 && !fact("redis_mode", "standalone").equals("cluster")) {
            throw refused(settings, "is not a cluster", "several hosts are taken for a cluster only. Name one");
        }
        requireDurability(settings);
    }

    boolean appendOnly() {
        return fact("aof_enabled", "0").equals("1");
    }

    private void requireDurability(RedisSettings settings) {
        if (settings.durability.level() != RedisDurability.Level.FSYNCED) {
            return;
        }
        if (!atLeast(7, 2)) {
            throw refused(
                    settings,
                    "is version " + version(),
                    "durability 'fsynced' needs 7.2 or later. Upgrade it, or ask for less");
        }
        if (!appendOnly()) {
            throw refused(
                    settings,
                    "keeps no append-only file",
                    "durability 'fsynced' needs one. Run: redis-cli CONFIG SET appendonly yes, and set it in the server's"
                            + " configuration");
        }
    }

    boolean atLeast(int major, int minor) {
        String[] parts = version().split("\\.");
        int foundMajor = number(parts, 0);
        return foundMajor > major || (foundMajor == major && number(parts, 1) >= minor);
    }

    private static int number(String[] parts, int index) {
        try {
            return index < parts.length ? Integer.parseInt(parts[index]) : 0;
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }

    /** Valkey, too, says which Redis it is like. */
    private String version() {
        return fact("redis_version", "unknown");
    }

    private String fact(String name, String otherwise) {
        return facts.getOrDefault(name, otherwise);
    }

    private static QueueException refused(RedisSettings settings, String fact, String advice) {
        return new QueueException(
                QueueException.Kind.MISCONFIGURED, "The server " + settings + " " + fact + ": " + advice);
    }
}
