package io.backgroundqueue.spi;

/** What became of a {@link Settlement}. */
public sealed interface Outcome {
    /** Handed to the broker; durable at the latest when {@link Receiver#close()} has returned. */
    Outcome DONE = new Done();

    /** The lease was lost or the delivery settled before; nothing was changed, or one copy of the task was added. */
    Outcome STALE = new Stale();

    /** See {@link #DONE}. */
    record Done() implements Outcome {}

    /** See {@link #STALE}. */
    record Stale() implements Outcome {}

    /**
     * It did not work. The engine asks the driver to {@link QueueDriver#classify classify} the error, and repeats the
     * settlement where that is safe.
     *
     * @param error the client library's own error, not wrapped
     */
    record Failed(Exception error) implements Outcome {}
}
