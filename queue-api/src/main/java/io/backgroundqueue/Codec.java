package io.backgroundqueue;

/** Turns payloads into bytes and back. Thread-safe. {@link JsonCodec} is the default. */
public interface Codec {
    /** The bytes that are stored. Runs on the thread that enqueues. */
    Bytes encode(Object payload) throws Exception;

    /**
     * The payload again. An exception sends the task to the dead letters at once with its raw bytes: a payload that
     * cannot be read now will not be readable later.
     */
    <T> T decode(Bytes bytes, PayloadType<T> type) throws Exception;
}
