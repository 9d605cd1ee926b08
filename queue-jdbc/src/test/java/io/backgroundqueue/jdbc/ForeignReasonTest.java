package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.QueueDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A word that this library does not know stands where it reads one of its own. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class ForeignReasonTest {
    @Parameter
    LabDatabase database;

    @Test
    void aLetterWithAReasonOfANewerLibraryIsShownAndReplayed() throws Exception {
        try (Lab lab = Lab.on(database)) {
            QueueDriver driver = lab.closeLater(Lab.opened(lab.url()));
            String columns =
                    "topic, task_id, reason, priority, version, verdicts, failures, interruptions, replayed, payload";
            for (String reason : new String[] {"TOO_BORING", "NON_RETRYABLE"}) {
                lab.update(
                        "INSERT INTO bq_dead (" + columns + ") VALUES ('t', ?, ?, 0, 1, 1, 1, 0, false, ?)",
                        reason,
                        reason,
                        new byte[1]);
            }
            try (DeadLetterCursor letters = driver.deadLetters("t")) {
                var found = letters.next(10);

                assertThat(found).extracting("reason").containsExactly(DeadReason.UNREADABLE, DeadReason.NON_RETRYABLE);
                assertThat(letters.replay(found)).isEqualTo(2);
            }
            assertThat(driver.stats("t").ready()).hasValue(2);
        }
    }
}
