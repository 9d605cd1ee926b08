package io.backgroundqueue.spi;

import io.backgroundqueue.QueueException;
import java.util.function.IntPredicate;

/**
 * Maps topics into a broker's alphabet, and back, so that two topics never become one name. Characters the broker does
 * not take become the escape character and two hexadecimal digits; so does the escape character itself.
 */
public final class TopicNames {
    private final IntPredicate legal;
    private final char escape;
    private final int maxLength;

    /**
     * @param legal which of {@code A-Z a-z 0-9 . _ -} the broker takes
     * @param escape one of them, best a rare one
     * @param maxLength the longest name the broker takes
     */
    public TopicNames(IntPredicate legal, char escape, int maxLength) {
        this.legal = legal;
        this.escape = escape;
        this.maxLength = maxLength;
    }

    /** The broker's name of a topic. */
    public String encode(String topic) {
        StringBuilder name = new StringBuilder(topic.length() + 8);
        for (int i = 0; i < topic.length(); i++) {
            char c = topic.charAt(i);
            if (c != escape && legal.test(c)) {
                name.append(c);
            } else {
                name.append(escape).append(hex(c >> 4)).append(hex(c & 15));
            }
        }
        if (name.length() > maxLength) {
            throw new QueueException(
                    QueueException.Kind.TOO_LARGE,
                    "The topic '" + topic + "' becomes '" + name + "' on this broker, " + name.length()
                            + " characters where it takes " + maxLength + ". Choose a shorter name");
        }
        return name.toString();
    }

    /** The topic of a broker's name that {@link #encode} made. */
    public String decode(String name) {
        StringBuilder topic = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) == escape) {
                topic.append((char) Integer.parseInt(name, i + 1, i + 3, 16));
                i += 2;
            } else {
                topic.append(name.charAt(i));
            }
        }
        return topic.toString();
    }

    private static char hex(int digit) {
        return Character.forDigit(digit, 16);
    }
}
