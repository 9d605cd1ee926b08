package io.backgroundqueue;

/** The admin side of a queue that has none. */
final class NoAdmin implements QueueAdmin {
    @Override
    public TopicStats stats(String topic) {
        throw refused("stats");
    }

    @Override
    public DeadLetters deadLetters(String topic) {
        throw refused("dead letters");
    }

    @Override
    public boolean cancel(String topic, String taskId) {
        throw refused("cancelling");
    }

    @Override
    public long purge(String topic, Scope scope) {
        throw refused("purging");
    }

    @Override
    public void check() {
        throw refused("a readiness check");
    }

    private static QueueException refused(String what) {
        return new QueueException(
                QueueException.Kind.UNSUPPORTED,
                "This queue offers no " + what
                        + ": it implements BackgroundQueue directly and does not override admin()."
                        + " Use the tools of the system behind it, or an adapter over a QueueDriver");
    }
}
