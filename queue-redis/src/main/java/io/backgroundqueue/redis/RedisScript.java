package io.backgroundqueue.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The Lua scripts, one per operation. What they do, and the order of their arguments, stands at the head of each file. */
enum RedisScript {
    ENQUEUE("topic", "enqueue"),
    CLAIM("topic", "claim"),
    SETTLE("topic", "settle"),
    EXTEND("topic", "extend"),
    RECOVER("topic", "recover"),
    CANCEL("topic", "cancel"),
    PURGE_READY("topic", "purge_ready"),
    PURGE_DEAD("topic", "purge_dead"),
    LETTERS("topic", "letters"),
    REPLAY("topic", "replay"),
    BURY("topic", "bury"),
    STATS("topic", "stats"),
    SWEEP("topic", "sweep"),
    LOOK("look"),
    TOKEN("token"),
    COMPARE_AND_SET("compare_and_set"),
    COMPARE_AND_DELETE("compare_and_delete");

    private final String source;
    private final String digest;

    RedisScript(String... files) {
        StringBuilder text = new StringBuilder();
        for (String file : files) {
            text.append(read(file + ".lua"));
        }
        source = text.toString();
        digest = sha1(source);
    }

    /** The whole script, which the server then remembers. */
    String source() {
        return source;
    }

    /** By what the server knows the script, once it has run. */
    String digest() {
        return digest;
    }

    Call call(List<byte[]> keys, ScriptArguments arguments) {
        return new Call(this, keys, arguments.list());
    }

    /** One run of a script. */
    record Call(RedisScript script, List<byte[]> keys, List<byte[]> arguments) {}

    private static String read(String file) {
        try (InputStream in = RedisScript.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("The script " + file + " is missing from the jar of queue-redis");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException("The script " + file + " cannot be read", broken);
        }
    }

    private static String sha1(String text) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            return HexFormat.of().formatHex(sha1.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-1", impossible);
        }
    }
}
