package io.backgroundqueue.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;

/** Hands out connections that stop, as if their process did, before a statement that has certain words. */
final class StoppingSource {
    private final String url;
    private final String words;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    StoppingSource(String url, String words) {
        this.url = url;
        this.words = words;
    }

    DataSource source() {
        return (DataSource) Proxy.newProxyInstance(
                StoppingSource.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("getConnection")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return stopping(Raw.connection(url));
                });
    }

    void awaitStopped() throws InterruptedException {
        stopped.await();
    }

    void goOn() {
        goOn.countDown();
    }

    private Connection stopping(Connection physical) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")
                            && String.valueOf(arguments[0]).contains(words)) {
                        stopped.countDown();
                        goOn.await();
                    }
                    try {
                        return method.invoke(physical, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }
}
