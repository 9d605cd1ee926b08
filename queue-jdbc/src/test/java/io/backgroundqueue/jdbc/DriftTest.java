package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables that somebody has changed are refused, and the message says what to do. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class DriftTest {
    @Parameter
    LabDatabase database;

    private Lab lab;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        Lab.opened(lab.url()).close();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DELETE FROM bq_lock WHERE name = 'reaper'           | the row 'reaper' | INSERT INTO",
                "DELETE FROM bq_lock                                 | the row          | INSERT INTO",
                "ALTER TABLE bq_task DROP CONSTRAINT bq_task_id      | bq_task lacks the primary key (topic, task_id) | V1",
                "ALTER TABLE bq_dedup DROP CONSTRAINT bq_dedup_id    | bq_dedup lacks the primary key | V1",
                "DROP TABLE bq_worker                                | There is no table bq_worker | V1",
                "DROP TABLE bq_kv                                    | There is no table bq_kv | V2",
                "ALTER TABLE bq_kv DROP COLUMN content               | bq_kv lacks the column content | V2",
                "DELETE FROM bq_schema                               | bq_schema in the schema | has no row",
            })
    void whatIsMissingIsNamed(String change, String what, String how) throws Exception {
        lab.update(change);

        assertRefused(what, how);
    }

    @Test
    void anIndexOfOtherColumnsIsNoneOfOurs() throws Exception {
        lab.update("DROP INDEX bq_task_ready");
        lab.update("CREATE INDEX bq_task_ready ON bq_task (topic)");

        assertRefused("lacks the index bq_task_ready (topic, priority, place)", "V1");
    }

    @Test
    void aSequenceThatIsMissingIsNamed() throws Exception {
        lab.update("ALTER TABLE bq_task ALTER COLUMN place DROP DEFAULT");
        lab.update("DROP SEQUENCE bq_place");

        assertRefused("The sequence bq_place is missing", "V1");
    }

    private void assertRefused(String what, String how) {
        QueueException refused = catchThrowableOfType(
                QueueException.class,
                () -> BackgroundQueues.open(lab.url().replace("createTables=true", "createTables=false"))
                        .close());
        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused.getMessage().toLowerCase(Locale.ROOT))
                .contains(what.toLowerCase(Locale.ROOT))
                .contains(how.toLowerCase(Locale.ROOT));
    }
}
