package io.backgroundqueue.jdbc;

import java.io.Serial;
import java.sql.SQLException;

/** There is no connection: nothing was sent. */
final class NotConnectedException extends SQLException {
    @Serial
    private static final long serialVersionUID = 1L;

    NotConnectedException(SQLException cause) {
        super(cause.getMessage(), cause.getSQLState(), cause.getErrorCode(), cause);
    }
}
