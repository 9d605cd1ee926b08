package io.backgroundqueue;

/** What a topic may be called: 1 to 128 of {@code A-Z a-z 0-9 . _ -}, the same on every backend. */
public final class TopicName {
    /** The longest name any backend takes; some take less, see {@link Limits#maxTopicLength()}. */
    public static final int MAX_LENGTH = 128;

    private TopicName() {}

    /**
     * Answers {@code topic} if it is a legal name.
     *
     * @throws QueueException of kind INVALID if it is not
     */
    public static String require(String topic) {
        if (topic == null || topic.isBlank()) {
            throw QueueException.invalid("The topic is blank. Name it with 1 to 128 of A-Z a-z 0-9 . _ -");
        }
        if (topic.length() > MAX_LENGTH || !topic.chars().allMatch(TopicName::legal)) {
            throw QueueException.invalid("The topic '" + shortened(topic) + "' (" + topic.length()
                    + " characters) is not a legal name. Use 1 to 128 of A-Z a-z 0-9 . _ -");
        }
        return topic;
    }

    private static boolean legal(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    private static String shortened(String topic) {
        return topic.length() <= MAX_LENGTH ? topic : topic.substring(0, MAX_LENGTH) + "…";
    }
}
