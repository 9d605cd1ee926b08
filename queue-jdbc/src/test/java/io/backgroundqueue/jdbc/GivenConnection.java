package io.backgroundqueue.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** A source that hands out one connection of the test's, which it does not close; while somebody has it, others. */
final class GivenConnection {
    private final Connection given;
    private final String url;
    private final AtomicBoolean taken = new AtomicBoolean();

    GivenConnection(Connection given, String url) {
        this.given = given;
        this.url = url;
    }

    DataSource source() {
        return (DataSource) Proxy.newProxyInstance(
                GivenConnection.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("getConnection")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return taken.compareAndSet(false, true) ? lent() : Raw.connection(url);
                });
    }

    private Connection lent() {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        taken.set(false);
                        return null;
                    }
                    try {
                        return method.invoke(given, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }
}
