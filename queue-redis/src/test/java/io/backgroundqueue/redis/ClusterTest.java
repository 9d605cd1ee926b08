package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Durability;
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
import io.backgroundqueue.testkit.FaultProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;

/** Trap R13: a cluster takes only scripts whose keys are declared and lie in one slot. */
class ClusterTest {
    private static final int SLOTS = 16_384;

    @Test
    void everyScriptRunsOnACluster() throws Exception {
        try (Lab lab = Lab.own("--cluster-enabled", "yes");
                FaultProxy proxy = FaultProxy.to(
                        "127.0.0.1", URI.create(lab.broker().url()).getPort())) {
            own(lab.broker().url(), 0, SLOTS);
            ready(lab.broker().url());
            everyOperation(lab, lab.driver());
            everyChangeOfAStore(lab.broker().url());
            aWait(lab);
            aLostClaim(lab, proxy);
            assertThat(RedisScript.values())
                    .allSatisfy(script -> assertThat(lab.raw("SCRIPT", "EXISTS", script.digest()))
                            .isEqualTo(List.of(1L)));
        }
    }

    /** All that the wake-up duty says to a server. */
    private static void aWait(Lab lab) throws Exception {
        RedisDriver driver = lab.driver();
        String topic = Lab.newTopic("cluster");
        RedisReceiver receiver = lab.receiver(driver, topic);
        WakeDuty wakeUps = (WakeDuty) driver.duties().get(0);
        wakeUps.listen(receiver);
        Lab.sent(driver, Lab.task(topic));
        assertThat(wakeUps.turn()).isZero();
        assertThat(lab.rawNumber("LLEN", "{bq}:" + topic + ":wake"))
                .as("tokens, one of which was taken")
                .isZero();
        assertThat(wakeUps.turn()).as("a wait that ends with a look").isZero();
        receiver.park();
        assertThat(lab.rawNumber("LLEN", "{bq}:" + topic + ":wake"))
                .as("tokens, one of which was put back")
                .isEqualTo(1);
        wakeUps.close();
    }

    private static void aLostClaim(Lab lab, FaultProxy proxy) throws Exception {
        RedisDriver driver = lab.driver("redis://" + proxy.host() + ":" + proxy.port());
        String topic = Lab.newTopic("cluster");
        Envelope task = Lab.sent(driver, Lab.task(topic));
        RedisReceiver receiver = lab.receiver(driver, topic);
        proxy.loseReplyTo(RedisScript.CLAIM.digest());
        assertThat(catchException(() -> Lab.now(receiver, 1))).isNotNull();
        assertThat(Lab.ids(Lab.now(receiver, 1))).containsExactly(task.taskId());
    }

    /** As after a failover. */
    @Test
    void aQueueOpensAtANodeThatBecameAReplicaAndJudgesTheOneThatHasItsSlot() throws Exception {
        try (RedisServer one = RedisServer.launch("--cluster-enabled", "yes");
                RedisServer other = RedisServer.launch("--cluster-enabled", "yes", "--appendonly", "no");
                Lab lab = Lab.at(one);
                Lab.Raw primary = new Lab.Raw(other.url())) {
            own(other.url(), 0, SLOTS);
            meet(one, other);
            ready(one.url());
            String id = Lab.text(primary.send("CLUSTER", "MYID"));
            Lab.until(() -> lab.rawText("CLUSTER", "NODES").contains(id), "the nodes should know each other");
            lab.raw("CLUSTER", "REPLICATE", id);
            Lab.until(() -> lab.rawText("INFO", "replication").contains("master_link_status:up"), "it should follow");
            // A node that has just come to its slots answers CLUSTERDOWN for a moment.
            ready(other.url());

            RedisDriver driver = lab.driver();

            assertThat(driver.capabilities().durability()).isEqualTo(Durability.BROKER_MEMORY);
            everyOperation(lab, driver);
            primary.send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
            assertThatThrownBy(lab::driver).hasMessageContaining("allkeys-lru");
        }
    }

    @Test
    void aNodeThatDoesNotKnowItsNameIsOnTheHostThatWasAsked() {
        HostAndPort asked = new HostAndPort("one", 1);
        assertThat(RedisLink.target(new HostAndPort("two", 2), asked)).isEqualTo(new HostAndPort("two", 2));
        assertThat(RedisLink.target(new HostAndPort("", 2), asked)).isEqualTo(new HostAndPort("one", 2));
        assertThat(RedisLink.target(new HostAndPort("?", 2), asked)).isEqualTo(new HostAndPort("one", 2));
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
        Deduplication twice = new Deduplication("twice", Duration.ofMinutes(1));
        Envelope first = Lab.sent(driver, Lab.with(Lab.task(topic), 9, Optional.of(once)));
        assertThat(driver.send(List.of(Lab.with(Lab.task(topic), 9, Optional.of(once))), Lab.TIMEOUT))
                .containsExactly(new SendResult.Duplicate(Optional.of(first.taskId())));
        Lab.sent(driver, Lab.tasks(topic, 4));
        Envelope delayed = Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofHours(1)), Bytes.utf8("1")));
        assertThat(driver.cancel(topic, delayed.taskId())).isTrue();
        Envelope taken = Lab.sent(driver, Lab.with(Lab.task(topic), 0, Optional.of(twice)));
        assertThat(driver.cancel(topic, taken.taskId())).isTrue();
        taken = Lab.sent(driver, Lab.with(Lab.task(topic), 0, Optional.of(twice)));
        assertThat(driver.cancel(topic, taken.taskId())).isTrue();
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
