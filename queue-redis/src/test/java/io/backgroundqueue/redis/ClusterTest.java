package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Start;
import io.backgroundqueue.brokers.RedisServer;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Trap R13: a cluster takes only scripts whose keys are declared and lie in one slot. */
class ClusterTest {
    private static final int SLOTS = 16_384;

    @Test
    void everyScriptRunsOnACluster() throws Exception {
        try (Lab lab = Lab.own("--cluster-enabled", "yes")) {
            own(lab.broker().url(), 0, SLOTS);
            ready(lab.broker().url());
            everyOperation(lab, lab.driver());
            everyChangeOfAStore(lab.broker().url());
            assertThat(scriptsThatRan(lab)).isTrue();
        }
    }

    @Test
    void aQueueFollowsItsSlotToTheNodeThatHasIt() throws Exception {
        try (RedisServer one = RedisServer.launch("--cluster-enabled", "yes");
                RedisServer other = RedisServer.launch("--cluster-enabled", "yes");
                Lab lab = Lab.at(one)) {
            own(one.url(), 0, SLOTS / 2);
            own(other.url(), SLOTS / 2, SLOTS);
            meet(one, other);
            ready(one.url());
            ready(other.url());

            for (String prefix : List.of("bq", "a", "b", "c", "d")) {
                everyOperation(lab, lab.driver(one.url() + "?prefix=" + prefix));
                everyChangeOfAStore(one.url() + "?prefix=" + prefix);
                everyOperation(
                        lab, lab.driver(one.url() + "," + other.host() + ":" + other.port() + "?prefix=" + prefix));
            }
        }
    }

    @Test
    void manyThreadsThatFindTheirSlotElsewhereAllFollow() throws Exception {
        try (RedisServer one = RedisServer.launch("--cluster-enabled", "yes");
                RedisServer other = RedisServer.launch("--cluster-enabled", "yes");
                Lab lab = Lab.at(one)) {
            own(other.url(), 0, SLOTS);
            meet(one, other);
            ready(one.url());
            ready(other.url());
            for (int round = 0; round < 30; round++) {
                RedisDriver driver = lab.driver(one.url());
                String topic = Lab.newTopic("cluster");
                List<SendResult> sent = IntStream.range(0, 8)
                        .mapToObj(any -> CompletableFuture.supplyAsync(() -> sent(driver, topic)))
                        .toList()
                        .stream()
                        .map(CompletableFuture::join)
                        .toList();

                assertThat(sent).containsOnly(SendResult.ACCEPTED);
                for (int i = 0; i < 8; i++) {
                    assertThat(sent(driver, topic)).isEqualTo(SendResult.ACCEPTED);
                }
            }
        }
    }

    private static SendResult sent(RedisDriver driver, String topic) {
        return driver.send(List.of(Lab.task(topic)), Lab.TIMEOUT).get(0);
    }

    private static void everyOperation(Lab lab, RedisDriver driver) throws Exception {
        String topic = Lab.newTopic("cluster");
        Deduplication once = new Deduplication("once", Duration.ofMinutes(1));
        Envelope first = Lab.sent(driver, Lab.with(Lab.task(topic), 9, Optional.of(once)));
        assertThat(driver.send(List.of(Lab.with(Lab.task(topic), 9, Optional.of(once))), Lab.TIMEOUT))
                .containsExactly(new SendResult.Duplicate(Optional.of(first.taskId())));
        Lab.sent(driver, Lab.tasks(topic, 4));
        Envelope delayed = Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofHours(1)), Bytes.utf8("1")));
        assertThat(driver.cancel(topic, delayed.taskId())).isTrue();
        driver.check();

        RedisReceiver receiver = lab.receiver(driver, topic);
        List<Delivery> found = Lab.now(receiver, 10);
        assertThat(found).hasSize(5);
        assertThat(receiver.extend(found)).isEmpty();
        assertThat(receiver.settle(List.of(
                        new Settlement.Ack(found.get(0)),
                        new Settlement.Later((Delivery.Task) found.get(1), Progress.NONE, Start.now()),
                        new Settlement.Dead(found.get(2), Progress.NONE, DeadReason.NON_RETRYABLE),
                        new Settlement.Dead(found.get(3), Progress.NONE, DeadReason.NON_RETRYABLE),
                        new Settlement.Release(found.get(4)))))
                .containsOnly(Outcome.DONE);
        try (DeadLetterCursor walk = driver.deadLetters(topic)) {
            var letters = walk.next(10);
            assertThat(walk.replay(letters.subList(0, 1))).isEqualTo(1);
            assertThat(walk.purge(letters.subList(1, 2))).isEqualTo(1);
        }
        for (Duty duty : driver.duties()) {
            duty.wake();
            assertThat(duty.turn()).isGreaterThanOrEqualTo(Duration.ZERO);
        }
        assertThat(driver.stats(topic).ready()).hasValue(3);
        assertThat(driver.purge(topic, Scope.READY)).isEqualTo(3);
        assertThat(driver.purge(topic, Scope.DEAD)).isZero();
    }

    private static void everyChangeOfAStore(String url) {
        try (KeyValueStore store = RedisKeyValueStore.open(url)) {
            Duration ttl = Duration.ofMinutes(1);
            assertThat(store.putIfAbsent("key", "one", ttl)).isTrue();
            assertThat(store.compareAndSet("key", "one", "two", ttl)).isTrue();
            assertThat(store.get("key")).hasValue("two");
            assertThat(store.compareAndDelete("key", "two")).isTrue();
        }
    }

    private static boolean scriptsThatRan(Lab lab) {
        return lab.calls("evalsha") > 0 && lab.calls("eval") > 0;
    }

    private static void own(String url, int from, int to) {
        try (Lab.Raw node = new Lab.Raw(url)) {
            List<String> command = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
            IntStream.range(from, to).mapToObj(String::valueOf).forEach(command::add);
            node.send(command.toArray(String[]::new));
        }
    }

    private static void meet(RedisServer one, RedisServer other) {
        try (Lab.Raw node = new Lab.Raw(one.url())) {
            node.send("CLUSTER", "MEET", other.host(), String.valueOf(other.port()));
        }
    }

    private static void ready(String url) throws Exception {
        try (Lab.Raw node = new Lab.Raw(url)) {
            Lab.until(
                    () -> Arrays.asList(Lab.text(node.send("CLUSTER", "INFO")).split("\r\n"))
                            .contains("cluster_state:ok"),
                    "the cluster should be formed");
        }
    }
}
