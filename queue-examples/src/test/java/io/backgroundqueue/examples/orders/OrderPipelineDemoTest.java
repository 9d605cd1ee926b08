package io.backgroundqueue.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import io.backgroundqueue.examples.orders.OrderPipelineDemo.Settings;
import io.backgroundqueue.testkit.Brokers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderPipelineDemoTest {
    private static final Settings QUICK = Settings.of("memory:").followUpAfter(Duration.ofMillis(200));

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @Test
    void theFileHoldsAThousandOrdersFortyOfThemTwice() {
        List<Order> orders = Orders.read();

        assertThat(orders).hasSize(1_040);
        assertThat(orders.stream().map(Order::id).distinct()).hasSize(1_000);
    }

    @Test
    void theLedgerOfARunInMemoryBalances() throws Exception {
        int status = run(QUICK);

        assertEverythingIsAccountedFor();
        assertThat(status).isZero();
    }

    @Test
    void theSameLedgerBalancesOnRedis() throws Exception {
        int status = run(Settings.of(Brokers.shared("redis").url()).followUpAfter(Duration.ofMillis(200)));

        assertEverythingIsAccountedFor();
        assertThat(status).isZero();
    }

    @Test
    void theSameLedgerBalancesOnPostgresql() throws Exception {
        String prefix = "demo_" + UUID.randomUUID().toString().substring(0, 8) + "_";
        String url = Brokers.shared("postgresql").url() + "&createTables=true&prefix=" + prefix;

        int status = run(Settings.of(url).followUpAfter(Duration.ofMillis(200)));

        assertEverythingIsAccountedFor();
        assertThat(status).isZero();
    }

    @Test
    void theSameLedgerBalancesOnAFileOfH2(@TempDir Path folder) throws Exception {
        int status = run(Settings.of("jdbc:h2:file:" + folder.resolve("shop")).followUpAfter(Duration.ofMillis(200)));

        assertEverythingIsAccountedFor();
        assertThat(status).isZero();
    }

    private void assertEverythingIsAccountedFor() {
        assertThat(output())
                .containsPattern("order-confirmation-\\w+ +1000 +40 +999 +0 +1 +0 +0")
                .containsPattern("invoice-\\w+ +999 +0 +998 +2 +1 +0 +0")
                .containsPattern("inventory-\\w+ +999 +0 +999 +" + timesTheWarehouseFails() + " +0 +0 +0")
                .containsPattern("follow-up-\\w+ +1000 +40 +1000 +0 +0 +0 +0")
                .contains("NON_RETRYABLE: order A-1437 has a total of -49.00 GBP")
                .contains("ATTEMPTS_EXHAUSTED: order A-1729 is in XTS")
                .contains(
                        "The ledger balances: 3998 accepted = 3996 completed + 2 dead-lettered + 0 expired + 0 still");
    }

    @Test
    void whatABackendCannotDoIsLeftOutAndNamed(@TempDir Path folder) throws Exception {
        int status = run(Settings.of("folder:" + folder));

        assertThat(output())
                .contains("without PRIORITY, which this backend does not offer")
                .contains("without DEDUPLICATION, which this backend does not offer")
                .containsPattern("order-confirmation-\\w+ +1040 +0 +1039 +0 +1 +0 +not known")
                .contains("The ledger balances: 4158 accepted = 4156 completed + 2 dead-lettered");
        assertThat(status).isZero();
    }

    @ParameterizedTest
    @ValueSource(classes = {TaskEvent.Enqueued.class, TaskEvent.Completed.class, TaskEvent.DeadLettered.class})
    void anEventThatIsLostIsFoundOut(Class<? extends TaskEvent> kind) throws Exception {
        int status = run(QUICK.patience(Duration.ofSeconds(2)).listening(ledger -> losingOne(kind, ledger)));

        assertThat(output()).contains("The ledger does NOT balance:").containsPattern("accepted, but \\d+ completed");
        assertThat(status).isEqualTo(1);
    }

    @Test
    void aUrlThatNobodyOpensIsExplained() throws Exception {
        int status = run(Settings.of("pigeon:loft"));

        assertThat(output()).contains("No backend opens the scheme 'pigeon'").contains("memory");
        assertThat(status).isEqualTo(2);
    }

    private static TaskListener losingOne(Class<? extends TaskEvent> kind, TaskListener ledger) {
        AtomicBoolean lost = new AtomicBoolean();
        return event -> {
            if (!kind.isInstance(event) || lost.getAndSet(true)) {
                ledger.on(event);
            }
        };
    }

    private static long timesTheWarehouseFails() {
        return Orders.read().stream()
                .filter(order -> order.total().signum() > 0)
                .map(Order::id)
                .distinct()
                .mapToLong(OrderPipelineDemoTest::failuresInARow)
                .sum();
    }

    private static long failuresInARow(String orderId) {
        int failures = 0;
        while (Pipeline.warehouseFails(orderId, failures + 1)) {
            failures++;
        }
        return failures;
    }

    private int run(Settings settings) throws Exception {
        return OrderPipelineDemo.run(settings, new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
