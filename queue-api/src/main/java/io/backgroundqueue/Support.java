package io.backgroundqueue;

/** How a backend provides a {@link Feature}. */
public sealed interface Support {
    /** The backend does it itself. */
    record Native() implements Support {}

    /**
     * The adapter builds it from what the backend has.
     *
     * @param how in a few words, for the documentation
     */
    record Emulated(String how) implements Support {}

    /** Works when {@link QueueOptions} has a store, and is refused otherwise. */
    record NeedsStore() implements Support {}

    /**
     * Refused at the call.
     *
     * @param why what the backend lacks
     * @param instead what a user does instead
     */
    record Unsupported(String why, String instead) implements Support {}

    /** {@link Native}. */
    static Support natively() {
        return new Native();
    }

    /** {@link NeedsStore}. */
    static Support withStore() {
        return new NeedsStore();
    }

    /** {@link Emulated}. */
    static Support emulated(String how) {
        return new Emulated(how);
    }

    /** {@link Unsupported}. */
    static Support unsupported(String why, String instead) {
        return new Unsupported(why, instead);
    }

    /** Whether it works without anything further. */
    default boolean works() {
        return this instanceof Native || this instanceof Emulated;
    }
}
