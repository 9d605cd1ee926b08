package io.backgroundqueue;

/** Refuses everything, for the reasons that the capabilities give: what a direct implementation inherits. */
record NoAdmin(Capabilities capabilities) implements QueueAdmin {
    @Override
    public TopicStats stats(String topic) {
        throw refused("stats", Feature.STATS);
    }

    @Override
    public DeadLetters deadLetters(String topic) {
        throw refused("dead letters", Feature.DEAD_LETTERS);
    }

    @Override
    public boolean cancel(String topic, String taskId) {
        throw refused("cancelling", Feature.CANCEL);
    }

    @Override
    public long purge(String topic, Scope scope) {
        throw refused("purging", scope == Scope.READY ? Feature.PURGE : Feature.DEAD_LETTERS);
    }

    @Override
    public void check() {
        throw new QueueException(
                QueueException.Kind.UNSUPPORTED,
                "The queue '" + capabilities.backend()
                        + "' offers no readiness check: it implements BackgroundQueue directly and"
                        + " does not override admin(). Ask the system behind it whether it is ready");
    }

    private QueueException refused(String what, Feature feature) {
        String reason = capabilities.support(feature) instanceof Support.Unsupported no
                ? no.why() + ". Instead: " + no.instead()
                : "it implements BackgroundQueue directly and does not override admin(). Override it";
        return new QueueException(
                QueueException.Kind.UNSUPPORTED,
                "The queue '" + capabilities.backend() + "' offers no " + what + ": " + reason);
    }
}
