package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.spi.Lease;

/** A message that the broker has handed to a lane, and waits for. Equal to itself alone. */
final class Held implements Lease {
    /** Where it stands; guarded by its lane. */
    enum State {
        BUFFERED,
        OUT,
        SETTLING
    }

    final LaneConsumer lane;
    final long tag;
    final Message message;
    final long arrivedNanos;
    State state = State.BUFFERED;

    Held(LaneConsumer lane, long tag, Message message, long arrivedNanos) {
        this.lane = lane;
        this.tag = tag;
        this.message = message;
        this.arrivedNanos = arrivedNanos;
    }

    /** False if it is not there any more, like all of these. */
    boolean handOut() {
        return lane.move(this, State.BUFFERED, State.OUT);
    }

    /** Makes it the caller's to settle. */
    boolean claim() {
        return lane.move(this, State.OUT, State.SETTLING);
    }

    /** Makes what was never handed out the caller's to give back. */
    boolean claimBuffered() {
        return lane.move(this, State.BUFFERED, State.SETTLING);
    }

    /** Undoes {@link #claim}. */
    boolean unclaim() {
        return lane.move(this, State.SETTLING, State.OUT);
    }

    /** How often it was handed out before, at most. */
    int starts() {
        return MessageHeaders.starts(message.properties());
    }
}
