package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.spi.ErrorClass;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorsTest {
    private static final String URL = "redis://user:hunter2@host:6379";

    @ParameterizedTest
    @CsvSource({
        "TRANSIENT, UNAVAILABLE, Nothing was stored",
        "THROTTLED, OVERLOADED, repeat it later",
        "OUTCOME_UNKNOWN, OUTCOME_UNKNOWN, may have taken effect",
        "REFUSED, INVALID, Do not repeat it unchanged",
        "MISCONFIGURED, MISCONFIGURED, An operator has to",
        "CLOSED, CLOSED, Open a new queue"
    })
    void everyClassBecomesAKindWithAdvice(ErrorClass errorClass, Kind kind, String advice) {
        IOException cause = new IOException("no route");
        QueueException error = Errors.wrap(errorClass, "stats of 'mail'", cause, "task-1");

        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error).hasMessageStartingWith("stats of 'mail' failed: no route (IOException). ");
        assertThat(error).hasMessageContaining(advice).hasCause(cause);
        assertThat(error.taskId()).contains("task-1");
    }

    @Test
    void aQueueExceptionIsNotWrappedAgain() {
        QueueException clear = QueueException.invalid("clear already");

        assertThat(Errors.wrap(ErrorClass.TRANSIENT, "anything", clear, null)).isSameAs(clear);
    }

    @Test
    void anErrorWithoutAMessageIsDescribedByItsName() {
        assertThat(Errors.describe(new IOException())).isEqualTo("IOException");
        assertThat(Errors.wrap(ErrorClass.TRANSIENT, "it", new IOException(), null))
                .hasMessageContaining("IOException");
    }

    @Test
    void anErrorWithoutSecretsStaysTheSame() {
        IOException error = new IOException("no route", new IllegalStateException("deeper"));

        assertThat(Errors.clean(error)).isSameAs(error);
    }

    @Test
    void noSecretOfTheWholeChainIsPrinted() {
        Exception root = new IllegalArgumentException("bad URL " + URL + "?password=hunter2");
        Exception middle = new IOException("could not connect", root);
        QueueException error =
                Errors.wrap(ErrorClass.TRANSIENT, "it", new RuntimeException("outer " + URL, middle), null);

        String printed = printed(error);
        assertThat(printed).doesNotContain("hunter2");
        assertThat(printed)
                .contains("java.lang.RuntimeException: outer redis://user:***@host:6379")
                .contains("java.io.IOException: could not connect")
                .contains("java.lang.IllegalArgumentException: bad URL")
                .contains("ErrorsTest.java");
    }

    @Test
    void aSecretDeepInTheChainIsFoundToo() {
        Throwable error = new IOException("connect to " + URL);
        for (int depth = 0; depth < 15; depth++) {
            error = new RuntimeException("layer " + depth, error);
        }

        assertThat(printed(Errors.clean(error))).doesNotContain("hunter2").contains("layer 0");
    }

    @Test
    void aChainThatBitesItsOwnTailEnds() {
        Exception one = new Exception("one " + URL);
        Exception two = new Exception("two", one);
        one.initCause(two);

        assertThat(printed(Errors.clean(two))).doesNotContain("hunter2");
    }

    private static String printed(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
