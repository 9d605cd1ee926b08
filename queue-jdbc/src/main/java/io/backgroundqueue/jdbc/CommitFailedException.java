package io.backgroundqueue.jdbc;

import java.io.Serial;
import java.sql.SQLException;

/** Nobody knows whether the transaction was committed. */
final class CommitFailedException extends SQLException {
    @Serial
    private static final long serialVersionUID = 1L;

    CommitFailedException(SQLException cause) {
        super(cause.getMessage(), cause.getSQLState(), cause.getErrorCode(), cause);
    }
}
