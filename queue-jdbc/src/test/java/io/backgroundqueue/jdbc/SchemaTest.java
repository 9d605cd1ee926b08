package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueDriver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The tables: made on request only, checked at the start, upgraded, and kept apart. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class SchemaTest {
    @Parameter
    LabDatabase database;

    private Lab lab;
    private String given;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        given = lab.url().replace("createTables=true", "createTables=false");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void nothingIsCreatedUnlessAskedFor() throws Exception {
        QueueException refused = refusal(given);

        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("createTables").hasMessageContaining("io/backgroundqueue/jdbc");
        assertThat(tables()).isEmpty();
    }

    @Test
    void theFilesMakeWhatIsNeeded() throws Exception {
        apply("V1__tasks.sql");
        apply("V2__key_values.sql");

        assertWorks(given);
    }

    @Test
    void anOlderSchemaIsUpgradedOnRequestAndRefusedElse() throws Exception {
        apply("V1__tasks.sql");
        assertThat(tables()).doesNotContain("bq_kv");

        QueueException refused = refusal(given);
        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("version 1");
        assertWorks(lab.url());
        assertThat(tables()).contains("bq_kv");
        assertWorks(given);
    }

    @Test
    void anUpgradeKeepsTheTasks() throws Exception {
        apply("V1__tasks.sql");
        lab.update("INSERT INTO bq_task (topic, task_id, payload) VALUES ('t', 'kept', ?)", new Object[] {new byte[1]});

        QueueDriver driver = lab.driver();

        assertThat(Lab.next(lab.receiver(driver, "t")).envelope().taskId()).isEqualTo("kept");
    }

    @Test
    void aNewerSchemaIsRefused() throws Exception {
        Lab.opened(lab.url()).close();
        lab.update("UPDATE bq_schema SET version = 99 WHERE version = (SELECT max(version) FROM bq_schema)");

        QueueException refused = refusal(lab.url());

        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("99");
    }

    @Test
    void aMissingColumnIsRefusedByItsName() throws Exception {
        Lab.opened(lab.url()).close();
        lab.update("ALTER TABLE bq_task DROP COLUMN verdicts");

        QueueException refused = refusal(given);

        assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("bq_task").hasMessageContaining("verdicts");
    }

    @Test
    void eachMissingIndexIsRefusedByItsName() throws Exception {
        Lab.opened(lab.url()).close();
        List<String> names = indexes();
        assertThat(names).hasSizeGreaterThanOrEqualTo(5);

        for (String name : names) {
            try (Lab other = Lab.on(database)) {
                Lab.opened(other.url()).close();
                other.update("DROP INDEX " + name);

                QueueException refused = refusal(other.url().replace("createTables=true", "createTables=false"));

                assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
                assertThat(refused.getMessage().toLowerCase(Locale.ROOT)).contains(name);
            }
        }
    }

    @Test
    void aMissingTableIsRefusedByItsName() throws Exception {
        Lab.opened(lab.url()).close();
        lab.update("DROP TABLE bq_dedup");

        assertThat(refusal(given)).hasMessageContaining("bq_dedup");
    }

    @Test
    void manyProcessesThatCreateAtOnceAllStart() throws Exception {
        List<Future<QueueDriver>> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(Lab.beside("create", () -> Lab.opened(lab.url())));
        }
        for (Future<QueueDriver> one : all) {
            one.get().close();
        }

        assertThat(lab.number("SELECT max(version) FROM bq_schema")).isEqualTo(2);
        assertThat(lab.number("SELECT count(*) FROM bq_lock")).isEqualTo(2);
        assertWorks(given);
    }

    @Test
    void creatingWhatIsThereChangesNothing() throws Exception {
        QueueDriver driver = lab.driver();
        Envelope task = Lab.sent(driver, Lab.task("t"));

        Lab.opened(lab.url()).close();

        assertThat(lab.text("SELECT task_id FROM bq_task")).isEqualTo(task.taskId());
    }

    @Test
    void prefixesKeepQueuesApart() throws Exception {
        QueueDriver one = lab.driver(lab.with("prefix=one_"));
        QueueDriver two = lab.driver(lab.with("prefix=two_"));
        Lab.sent(one, Lab.task("t"));

        assertThat(one.stats("t").ready()).hasValue(1);
        assertThat(two.stats("t").ready()).hasValue(0);
        assertThat(lab.number("SELECT count(*) FROM one_task")).isEqualTo(1);
    }

    @Test
    void aSchemaIsAnOption() throws Exception {
        Raw.run(lab.rawUrl(), "CREATE SCHEMA queues_" + database);
        String schema = database == LabDatabase.H2 ? "QUEUES_H2" : "queues_postgresql";
        String url = lab.url().replaceFirst("&schema=[^&]*", "") + "&schema=" + schema;
        try {
            QueueDriver driver = lab.driver(url);
            Lab.sent(driver, Lab.task("t"));
            assertThat(Lab.next(lab.receiver(driver, "t"))).isNotNull();
            assertThat(lab.number("SELECT count(*) FROM queues_" + database + ".bq_task"))
                    .isEqualTo(1);
        } finally {
            lab.closeLater(() -> Raw.run(lab.rawUrl(), "DROP SCHEMA queues_" + database + " CASCADE"));
        }
    }

    @Test
    void aSchemaThatIsNotThereIsNamed() {
        String url = given.replaceFirst("&schema=[^&]*", "") + "&schema=nowhere";
        assertThat(refusal(url).getMessage()).containsIgnoringCase("the schema 'nowhere'");
    }

    private static QueueException refusal(String url) {
        return catchThrowableOfType(
                QueueException.class, () -> BackgroundQueues.open(url).close());
    }

    private void assertWorks(String url) {
        try (BackgroundQueue queue = BackgroundQueues.open(url)) {
            queue.enqueue("works", 1);
            assertThat(queue.admin().stats("works").ready()).isPresent();
        }
    }

    /** As Flyway would, with its placeholder filled in. */
    private void apply(String file) throws Exception {
        String folder = database == LabDatabase.H2 ? "h2" : "postgresql";
        try (InputStream in = SchemaTest.class.getResourceAsStream(folder + "/" + file)) {
            if (in == null) {
                throw new IOException("no " + folder + "/" + file);
            }
            String script = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("${prefix}", "bq_");
            assertThat(script).doesNotContain("${");
            Raw.run(lab.rawUrl(), script);
        }
    }

    private List<String> tables() throws Exception {
        return lab.column("SELECT lower(table_name) FROM information_schema.tables"
                + " WHERE table_schema = current_schema AND lower(table_name) LIKE 'bq%'");
    }

    private List<String> indexes() throws Exception {
        String sql = database == LabDatabase.H2
                ? "SELECT lower(index_name) FROM information_schema.indexes WHERE table_schema = current_schema"
                        + " AND index_type_name = 'INDEX' AND lower(table_name) LIKE 'bq%' AND is_generated = FALSE"
                : "SELECT i.indexname FROM pg_indexes i WHERE i.schemaname = current_schema"
                        + " AND i.indexdef NOT LIKE '%UNIQUE%'";
        return lab.column(sql);
    }
}
