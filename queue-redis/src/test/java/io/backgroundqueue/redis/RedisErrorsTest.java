package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

class RedisErrorsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OOM command not allowed when used memory > 'maxmemory'. | THROTTLED",
                "ERR Error running script (call to f_ab): @user_script:24: @user_script: 24: -OOM command not allowed when used memory > 'maxmemory'. | THROTTLED",
                "ERR max number of clients reached | THROTTLED",
                "BUSY Redis is busy running a script. | TRANSIENT",
                "LOADING Redis is loading the dataset in memory | TRANSIENT",
                "READONLY You can't write against a read only replica. | TRANSIENT",
                "ERR Error running script (call to f_ab): @user_script:9: @user_script: 9: -READONLY You can't write | TRANSIENT",
                "CLUSTERDOWN The cluster is down | TRANSIENT",
                "TRYAGAIN Multiple keys request during rehashing of slot | TRANSIENT",
                "NOREPLICAS Not enough good replicas to write. | TRANSIENT",
                "UNBLOCKED force unblock from blocking operation | TRANSIENT",
                "MISCONF Redis is configured to save RDB snapshots | MISCONFIGURED",
                "NOAUTH Authentication required. | MISCONFIGURED",
                "WRONGPASS invalid username-password pair | MISCONFIGURED",
                "NOPERM this user has no permissions to run the 'evalsha' command | MISCONFIGURED",
                "ERR unknown command 'EVALSHA' | MISCONFIGURED",
                "ERR DB index is out of range | MISCONFIGURED",
                "WRONGTYPE Operation against a key holding the wrong kind of value | MISCONFIGURED",
                "WRONGTYPE Operation against a key holding the wrong kind of value script: ab, on @user_script:9. | OUTCOME_UNKNOWN",
                "ERR Error running script (call to f_ab): @user_script:9: -WRONGTYPE Operation against a key | OUTCOME_UNKNOWN",
                "ERR string exceeds maximum allowed size (proto-max-bulk-len) | REFUSED",
                "ERR Error running script (call to f_ab): @user_script:24: user_script:24: attempt to index a nil value | OUTCOME_UNKNOWN",
                "SOMETHING that no version says yet | OUTCOME_UNKNOWN",
            })
    void whatAServerAnswersHasItsClass(String message, ErrorClass expected) {
        assertThat(RedisErrors.classify(new JedisDataException(message))).isEqualTo(expected);
    }

    @Test
    void aConnectionThatWasNotMadeHasChangedNothingAndOneThatBrokeMayHave() {
        assertThat(RedisErrors.classify(new NotConnectedException("no", new IOException("refused"))))
                .isEqualTo(ErrorClass.TRANSIENT);
        assertThat(RedisErrors.classify(new JedisConnectionException("Unexpected end of stream.")))
                .isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
    }
}
