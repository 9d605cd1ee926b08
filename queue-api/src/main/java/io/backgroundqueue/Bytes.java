package io.backgroundqueue;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A sequence of bytes that never changes and is equal by content. */
public final class Bytes {
    /** No bytes at all. */
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] content;

    private Bytes(byte[] content) {
        this.content = content;
    }

    /** Copies {@code source}: later changes to the array are not seen. */
    public static Bytes copyOf(byte[] source) {
        return new Bytes(source.clone());
    }

    /** Takes {@code source} over without a copy. The caller must not touch the array again. */
    public static Bytes wrap(byte[] source) {
        return new Bytes(source);
    }

    /** The UTF-8 form of {@code text}. */
    public static Bytes utf8(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The number of bytes. */
    public int size() {
        return content.length;
    }

    /** A copy the caller may change. */
    public byte[] toArray() {
        return content.clone();
    }

    /** A read-only view, for clients that can take one; costs no copy. */
    public ByteBuffer asBuffer() {
        return ByteBuffer.wrap(content).asReadOnlyBuffer();
    }

    /** A stream over the content; costs no copy. */
    public InputStream asStream() {
        return new ByteArrayInputStream(content);
    }

    /** The bytes read as UTF-8; malformed input becomes the replacement character. */
    public String asUtf8() {
        return new String(content, StandardCharsets.UTF_8);
    }

    /** The bytes from {@code from} (inclusive) to {@code to} (exclusive). */
    public Bytes slice(int from, int to) {
        return new Bytes(Arrays.copyOfRange(content, from, to));
    }

    /** The index of the first {@code value}, or -1. */
    public int indexOf(byte value) {
        for (int i = 0; i < content.length; i++) {
            if (content[i] == value) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && Arrays.equals(content, that.content);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(content);
    }

    /** The size only: payloads may hold what no log should. */
    @Override
    public String toString() {
        return "Bytes[" + content.length + "]";
    }
}
