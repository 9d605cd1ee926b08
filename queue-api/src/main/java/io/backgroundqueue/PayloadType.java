package io.backgroundqueue;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * The type of a payload, generics included. For a plain class use {@link #of(Class)}; for a generic type create an
 * anonymous subclass, which keeps what erasure would drop: {@code new PayloadType<List<Order>>() {}}.
 *
 * @param <T> the payload's type
 */
public abstract class PayloadType<T> {
    private final Type type;

    /** Reads the type argument of the subclass. */
    protected PayloadType() {
        if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)) {
            throw QueueException.invalid("PayloadType was created without a type argument, so the payload's type is not"
                    + " known: write new PayloadType<List<Order>>() {}");
        }
        this.type = parent.getActualTypeArguments()[0];
    }

    private PayloadType(Type type) {
        this.type = type;
    }

    /** The type of a class without type arguments. */
    public static <T> PayloadType<T> of(Class<T> type) {
        return new PayloadType<>(type) {};
    }

    /** The full type, as reflection sees it. */
    public final Type type() {
        return type;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof PayloadType<?> that && type.equals(that.type);
    }

    @Override
    public final int hashCode() {
        return type.hashCode();
    }

    @Override
    public final String toString() {
        return type.getTypeName();
    }
}
