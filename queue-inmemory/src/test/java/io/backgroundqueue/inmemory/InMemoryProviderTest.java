package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class InMemoryProviderTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final InMemoryProvider provider = new InMemoryProvider();

    @Test
    void bothProvidersAreFound() {
        assertThat(ServiceLoader.load(QueueDriverProvider.class)).anyMatch(InMemoryProvider.class::isInstance);
        assertThat(ServiceLoader.load(KeyValueStoreProvider.class))
                .anyMatch(InMemoryKeyValueStoreProvider.class::isInstance);
        assertThat(provider.schemes()).containsExactly("memory");
    }

    @Test
    void queuesWithoutANameArePrivate() throws Exception {
        QueueDriver one = open("memory:");
        QueueDriver two = open("memory:");
        one.send(List.of(task("a").envelope()), SECOND);

        assertThat(two.stats("orders").ready()).hasValue(0);
    }

    @Test
    void aNameIsSharedWhileSomebodyHasItOpenAndEmptyAfterwards() throws Exception {
        QueueDriver one = open("memory:shared");
        QueueDriver two = open("memory:shared");
        QueueDriver other = open("memory:other");
        one.send(List.of(task("a").envelope()), SECOND);
        one.close();
        QueueDriver three = open("memory:shared");
        two.close();
        assertThat(three.stats("orders").ready()).hasValue(1);
        assertThat(other.stats("orders").ready()).hasValue(0);
        other.close();
        three.close();

        QueueDriver afresh = open("memory:shared");
        assertThat(afresh.stats("orders").ready()).hasValue(0);
        afresh.close();
    }

    @Test
    void capacityIsTakenFromTheUrl() throws Exception {
        QueueUrl url = QueueUrl.parse("memory:?capacity=1&capacityBytes=50");
        QueueDriver driver = provider.open(url, QueueOptions.DEFAULT);
        url.requireAllTaken();

        assertThat(driver.capabilities().limits().maxPayloadBytes()).isEqualTo(50);
        assertThat(driver.send(List.of(task("a").envelope(), task("b").envelope()), SECOND))
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo(SendResult.ACCEPTED),
                        second -> assertThat(second).isInstanceOf(SendResult.Failed.class));
    }

    @Test
    void whoComesSecondMayLeaveTheCapacityOutAndMustNotContradictIt() {
        QueueDriver first = open("memory:sized?capacity=7");
        open("memory:sized").close();
        open("memory:sized?capacity=7").close();

        assertMisconfigured("memory:sized?capacity=8", "capacity=7");
        assertMisconfigured("memory:sized?capacityBytes=8", "capacityBytes=");
        first.close();
        open("memory:sized?capacity=8").close();
    }

    @Test
    void aNameRunsOnOneClock() {
        QueueDriver first = open("memory:clock");
        QueueOptions manual =
                QueueOptions.builder().time(new ManualTime(Instant.EPOCH)).build();

        assertThatThrownBy(() -> provider.open(QueueUrl.parse("memory:clock"), manual))
                .hasMessageContaining("another clock");
        first.close();
        provider.open(QueueUrl.parse("memory:clock"), manual).close();
    }

    @Test
    void aHostIsRefusedInsteadOfIgnored() {
        assertThatThrownBy(() -> open("memory://localhost")).hasMessageContaining("Write memory:name");
    }

    @Test
    void aCapacityThatIsNoNumberIsRefused() {
        assertThatThrownBy(() -> open("memory:?capacity=lots")).hasMessageContaining("capacity=lots");
        assertThatThrownBy(() -> open("memory:?capacity=0")).hasMessageContaining("capacity=0");
    }

    private QueueDriver open(String url) {
        return provider.open(QueueUrl.parse(url), QueueOptions.DEFAULT);
    }

    private void assertMisconfigured(String url, String reason) {
        assertThatThrownBy(() -> open(url))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(QueueException.Kind.MISCONFIGURED))
                .hasMessageContaining(reason);
    }
}
