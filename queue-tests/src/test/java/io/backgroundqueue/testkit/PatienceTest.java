package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatienceTest {
    private final String before = System.getProperty(Patience.FACTOR, "");
    private final Patience brief = new Patience(Duration.ofMillis(30), Duration.ofMillis(30), Duration.ofMillis(1));

    @AfterEach
    void restore() {
        if (before.isEmpty()) {
            System.clearProperty(Patience.FACTOR);
        } else {
            System.setProperty(Patience.FACTOR, before);
        }
    }

    @Test
    void theFactorIsReadFromTheDocumentedProperty() {
        System.setProperty("bq.patience", "1");
        Patience plain = Patience.standard();
        System.setProperty("bq.patience", "2.5");
        Patience longer = Patience.standard();
        assertThat(longer.eventually())
                .isEqualTo(plain.eventually().multipliedBy(5).dividedBy(2));
        assertThat(longer.never()).isEqualTo(plain.never().multipliedBy(5).dividedBy(2));
        assertThat(longer.poll()).isEqualTo(plain.poll());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "much", "", "NaN", "1001"})
    void anythingButAFactorIsRefusedByName(String text) {
        System.setProperty("bq.patience", text);
        assertThatThrownBy(Patience::standard)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-Dbq.patience=" + text);
    }

    @Test
    void eventuallyWaitsUntilTheConditionHolds() {
        AtomicInteger looks = new AtomicInteger();
        assertThatCode(() -> brief.eventually(() -> looks.incrementAndGet() == 3, () -> "three looks"))
                .doesNotThrowAnyException();
        assertThat(looks).hasValue(3);
    }

    @Test
    void eventuallyFailsWithTheDescription() {
        assertThatThrownBy(() -> brief.eventually(() -> false, () -> "a miracle"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("Waited 30 ms in vain: a miracle");
    }

    @Test
    void neverFailsAsSoonAsTheConditionHolds() {
        AtomicInteger looks = new AtomicInteger();
        assertThatThrownBy(() -> brief.never(() -> looks.incrementAndGet() == 2, () -> "a second look"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("This must not happen: a second look");
    }

    @Test
    void neverLooksAsLongAsPatienceLasts() throws Exception {
        long start = System.nanoTime();
        brief.never(() -> false, () -> "anything");
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(30_000_000);
    }

    @Test
    void anInterruptEndsTheWait() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> brief.eventually(() -> false, () -> "anything"))
                .isInstanceOf(InterruptedException.class);
    }
}
