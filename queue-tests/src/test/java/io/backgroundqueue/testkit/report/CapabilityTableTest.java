package io.backgroundqueue.testkit.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CapabilityTableTest {
    private final CapabilityTable table = new CapabilityTable(
            List.of(
                    report("redis", Map.of("DELAY", "native", "DURABILITY", "on disk")),
                    report("kafka", Map.of("DELAY", "a delay topic"))),
            Set.of("redis", "kafka"));

    @Test
    void thereIsOneRowPerAdapterInAlphabeticalOrder() {
        assertThat(table.markdown().lines()).hasSize(4);
        assertThat(table.markdown().lines().toList().get(2))
                .startsWith("| [kafka](docs/backends/kafka.md) | a delay topic |");
        assertThat(table.markdown().lines().toList().get(3)).endsWith("| on disk |");
    }

    @Test
    void anAdapterWithoutAPageOfItsOwnLinksToItsFamilysOrIsNotShown() {
        CapabilityTable families = new CapabilityTable(
                List.of(report("jdbc-h2", Map.of()), report("redis-pubsub", Map.of()), report("valkey", Map.of())),
                Set.of("jdbc", "redis", "redis-pubsub"));

        assertThat(families.markdown())
                .contains("[jdbc-h2](docs/backends/jdbc.md)")
                .contains("[redis-pubsub](docs/backends/redis-pubsub.md)")
                .doesNotContain("valkey");
    }

    @Test
    void theTableReplacesWhatStandsBetweenTheMarkers() {
        String page = "before\n<!-- matrix:begin -->\nold\n<!-- matrix:end -->\nafter\n";

        assertThat(table.into(page))
                .startsWith("before\n<!-- matrix:begin -->\n| Backend |")
                .doesNotContain("old");
        assertThat(table.into(page)).endsWith("<!-- matrix:end -->\nafter\n");
        assertThat(table.into(table.into(page))).isEqualTo(table.into(page));
    }

    @Test
    void aPageWithoutMarkersStaysAsItIs() {
        assertThat(table.into("no markers")).isEqualTo("no markers");
    }

    private static Report report(String adapter, Map<String, String> supports) {
        return new Report(adapter, "QueueDriverContract", "-", "-", "17", supports, List.of());
    }
}
