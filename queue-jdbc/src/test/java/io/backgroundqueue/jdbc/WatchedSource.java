package io.backgroundqueue.jdbc;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** A simple pool whose connections are set up in its own way, and that complains of those that come back otherwise. */
final class WatchedSource implements DataSource, AutoCloseable {
    private final String url;
    private final boolean autoCommit;
    private final int isolation;
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final AtomicInteger given = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();

    WatchedSource(String url, boolean autoCommit, int isolation) {
        this.url = url;
        this.autoCommit = autoCommit;
        this.isolation = isolation;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection physical = idle.poll();
        if (physical == null) {
            physical = Raw.connection(url);
            physical.setTransactionIsolation(isolation);
            physical.setAutoCommit(autoCommit);
        }
        given.incrementAndGet();
        open.incrementAndGet();
        return watched(physical);
    }

    private Connection watched(Connection physical) {
        int timeout = timeout(physical);
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        takenBack(physical, timeout);
                        return null;
                    }
                    try {
                        return method.invoke(physical, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    private void takenBack(Connection physical, int timeout) throws SQLException {
        open.decrementAndGet();
        if (physical.isClosed()) {
            return;
        }
        if (physical.getAutoCommit() != autoCommit) {
            complaints.add("autocommit is " + physical.getAutoCommit());
        }
        if (physical.getTransactionIsolation() != isolation) {
            complaints.add("isolation is " + physical.getTransactionIsolation());
        }
        if (timeout(physical) != timeout) {
            complaints.add("the network timeout is " + timeout(physical));
        }
        idle.push(physical);
    }

    private static int timeout(Connection physical) {
        try {
            return physical.getNetworkTimeout();
        } catch (SQLException noneHere) {
            return 0;
        }
    }

    int given() {
        return given.get();
    }

    int open() {
        return open.get();
    }

    List<String> complaints() {
        return List.copyOf(complaints);
    }

    @Override
    public void close() throws SQLException {
        for (Connection physical : idle) {
            physical.close();
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public PrintWriter getLogWriter() {
        return new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("wraps no " + type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
