package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Start;
import io.backgroundqueue.brokers.RedisServer;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.FaultProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Traps R14 and R15: servers that are set up wrongly, full, restarted, or without the replicas that were asked for. */
class ServerFaultsTest {
    @Test
    void aServerThatEvictsKeysIsRefusedWithTheCommandThatMendsIt() throws Exception {
        try (Lab lab = Lab.own("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")) {
            QueueException refused = catchThrowableOfType(QueueException.class, lab::driver);

            assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
            assertThat(refused)
                    .hasMessageContaining("allkeys-lru")
                    .hasMessageContaining("CONFIG SET maxmemory-policy noeviction");

            lab.raw("CONFIG", "SET", "maxmemory-policy", "noeviction");
            lab.driver().check();
        }
    }

    @Test
    void aWrongPasswordIsMisconfiguredAndNoPasswordIsShown() throws Exception {
        try (RedisServer server = RedisServer.launch("--requirepass", "s3cret")) {
            String address = server.host() + ":" + server.port();
            for (String url : List.of("redis://" + address, "redis://:wr0ng@" + address)) {
                QueueException refused = catchThrowableOfType(
                        QueueException.class, () -> Lab.opened(url).close());
                assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED);
                assertThat(refused).hasMessageNotContaining("wr0ng").hasMessageContaining("password");
            }
            Lab.opened("redis://:s3cret@" + address).close();
            Lab.opened("redis://default:s3cret@" + address + "/3").close();
        }
    }

    @Test
    void aDatabaseThatDoesNotExistIsMisconfigured() throws Exception {
        try (Lab lab = Lab.shared()) {
            assertThatThrownBy(() -> lab.driver(lab.broker().url() + "/99999"))
                    .isInstanceOfSatisfying(
                            QueueException.class,
                            refused -> assertThat(refused.kind()).isEqualTo(Kind.MISCONFIGURED));
        }
    }

    @Test
    void severalHostsAreTakenForAClusterOnly() throws Exception {
        try (Lab lab = Lab.shared()) {
            assertThatThrownBy(() -> lab.driver(lab.broker().url() + ",127.0.0.1:1"))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("is not a cluster");
        }
    }

    @Test
    void aReplicaIsRefusedAndTheReplicasAskedForAreCounted() throws Exception {
        try (Lab lab = Lab.own();
                RedisServer replica = RedisServer.launch()) {
            String url = lab.broker().url() + "?durability=replicated&replicas=1&durabilityTimeout=200ms";
            RedisDriver driver = lab.driver(url);
            assertThat(driver.capabilities().durability()).isEqualTo(Durability.REPLICATED);
            Envelope task = Lab.task(Lab.newTopic("replicated"));

            Exception alone = catchException(() -> driver.send(List.of(task), Lab.TIMEOUT));
            assertThat(driver.classify(alone)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
            assertThat(alone).hasMessageContaining("only 0 replicas");

            follow(replica, lab);
            Lab.PATIENCE.eventually(
                    () -> driver.send(List.of(task), Lab.TIMEOUT).equals(List.of(SendResult.ACCEPTED)),
                    () -> "the replica should confirm");
            assertThat(driver.stats(task.topic()).ready())
                    .as("sent again and again, stored once")
                    .hasValue(1);
            assertThatThrownBy(() -> Lab.opened(replica.url()))
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("is a replica");
        }
    }

    /** The scripts have run, and a caller who enqueues anew would have the task twice. */
    @Test
    void tasksThatAreStoredButCannotBeConfirmedMayRun() throws Exception {
        try (Lab lab = Lab.own()) {
            lab.raw("ACL", "SETUSER", "impatient", "on", ">pw", "~*", "&*", "+@all", "-wait");
            String address = lab.broker().url().replace("redis://", "");
            RedisDriver driver = lab.driver("redis://impatient:pw@" + address + "?durability=replicated");
            Envelope task = Lab.task(Lab.newTopic("unconfirmed"));

            Exception failed = catchException(() -> driver.send(List.of(task), Lab.TIMEOUT));

            assertThat(driver.classify(failed)).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
            assertThat(failed).hasMessageContaining("The server has the tasks").hasMessageContaining("NOPERM");
            assertThat(driver.stats(task.topic()).ready()).hasValue(1);
        }
    }

    /** As a failover does it. */
    @Test
    void aServerThatIsDemotedEndsTheWaitAndRefusesTasksUntilItIsAPrimaryAgain() throws Exception {
        try (Lab lab = Lab.own();
                RedisServer other = RedisServer.launch()) {
            RedisDriver driver = lab.driver();
            String topic = Lab.newTopic("demoted");
            RedisReceiver receiver = lab.receiver(driver, topic);
            WakeDuty duty = (WakeDuty) driver.duties().get(0);
            duty.listen(receiver);
            FutureTask<Exception> wait = new FutureTask<>(() -> catchException(duty::turn));
            Thread thread = new Thread(wait, "test-duty");
            thread.setDaemon(true);
            thread.start();
            Lab.until(() -> lab.rawText("CLIENT", "LIST").contains("cmd=blpop"), "the duty should wait");

            lab.raw("REPLICAOF", other.host(), String.valueOf(other.port()));
            Lab.until(
                    () -> lab.rawText("INFO", "replication").contains("master_link_status:up"),
                    "the server should follow another");

            assertThat(driver.classify(wait.get(10, TimeUnit.SECONDS))).isEqualTo(ErrorClass.TRANSIENT);
            assertThat(driver.send(List.of(Lab.task(topic)), Lab.TIMEOUT))
                    .singleElement()
                    .isInstanceOfSatisfying(
                            SendResult.Failed.class,
                            refused -> assertThat(refused.errorClass()).isEqualTo(ErrorClass.TRANSIENT));
            lab.raw("REPLICAOF", "NO", "ONE");
            Envelope task = Lab.sent(driver, Lab.task(topic));
            assertThat(duty.turn()).isZero();
            assertThat(Lab.ids(Lab.now(receiver, 1))).containsExactly(task.taskId());
            duty.close();
        }
    }

    /** A new connection is made for each try, so that whoever paces them has to know. */
    @Test
    void aWaitThatTheServerForbidsIsTold() throws Exception {
        try (Lab lab = Lab.own()) {
            lab.raw("ACL", "SETUSER", "restless", "on", ">pw", "~*", "&*", "+@all", "-blpop");
            RedisDriver driver =
                    lab.driver("redis://restless:pw@" + lab.broker().url().replace("redis://", ""));

            Exception failed = catchException(() -> driver.duties().get(0).turn());

            assertThat(driver.classify(failed)).isEqualTo(ErrorClass.MISCONFIGURED);
        }
    }

    private static void follow(RedisServer replica, Lab lab) throws Exception {
        String[] address = lab.broker().url().replace("redis://", "").split(":", 2);
        try (Lab.Raw raw = new Lab.Raw(replica.url())) {
            raw.send("REPLICAOF", address[0], address[1]);
            Lab.until(
                    () -> Lab.text(raw.send("INFO", "replication")).contains("master_link_status:up"),
                    "the replica should follow");
        }
    }

    @Test
    void aLevelThatTheServerCannotKeepIsRefused() throws Exception {
        try (Lab lab = Lab.shared()) {
            boolean able = ServerFacts.of(lab.rawText("INFO")).atLeast(7, 2);
            String url = lab.broker().url() + "?durability=fsynced";
            if (able) {
                Lab.sent(lab.driver(url), Lab.task(Lab.newTopic("fsynced")));
            } else {
                assertThatThrownBy(() -> lab.driver(url))
                        .isInstanceOf(QueueException.class)
                        .hasMessageContaining("needs 7.2 or later");
            }
        }
    }

    @Test
    void anOldServerAndOneWithoutAFileAreJudgedByWhatTheySay() {
        RedisSettings settings = new RedisSettings();
        settings.durability = RedisDurability.fsynced(Duration.ofSeconds(1));
        assertThatThrownBy(() -> ServerFacts.of("redis_version:6.0.16\r\n").require(new RedisSettings()))
                .hasMessageContaining("6.0.16")
                .hasMessageContaining("6.2 or later");
        assertThatThrownBy(() -> ServerFacts.of("redis_version:7.4.1\r\naof_enabled:0\r\n")
                        .require(settings))
                .hasMessageContaining("appendonly yes");
        ServerFacts.of("redis_version:7.2.4\r\naof_enabled:1\r\n").require(settings);
    }

    @Test
    void withoutAnAppendOnlyFileTasksLiveInTheBrokersMemory() throws Exception {
        try (Lab lab = Lab.own("--appendonly", "no")) {
            assertThat(lab.driver().capabilities().durability()).isEqualTo(Durability.BROKER_MEMORY);
        }
        try (Lab lab = Lab.own()) {
            assertThat(lab.driver().capabilities().durability()).isEqualTo(Durability.DISK);
        }
    }

    @Test
    void aFullServerRefusesTasksAndLetsThoseItHasGoOn() throws Exception {
        try (Lab lab = Lab.own()) {
            RedisDriver driver = lab.driver();
            String topic = Lab.newTopic("full");
            RedisReceiver receiver = lab.receiver(driver, topic);
            Lab.sent(driver, Lab.tasks(topic, 4));
            Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofMillis(1)), Bytes.utf8("{}")));
            lab.raw("CONFIG", "SET", "maxmemory", "1");

            SendResult refused =
                    driver.send(List.of(Lab.task(topic)), Lab.TIMEOUT).get(0);
            List<Delivery> found = new ArrayList<>();
            Lab.PATIENCE.eventually(
                    () -> {
                        receiver.lookUp(false);
                        found.addAll(Lab.now(receiver, 10));
                        return found.size() == 5;
                    },
                    () -> "a full server should hand out what it has: " + found);
            List<Outcome> outcomes = receiver.settle(List.of(
                    new Settlement.Ack(found.get(0)),
                    new Settlement.Later((Delivery.Task) found.get(1), Progress.NONE, Start.now()),
                    new Settlement.Dead(found.get(2), Progress.NONE, DeadReason.NON_RETRYABLE),
                    new Settlement.Release(found.get(3)),
                    new Settlement.Later(
                            (Delivery.Task) found.get(4), Progress.NONE, Start.after(Duration.ofHours(1)))));

            assertThat(refused)
                    .isInstanceOfSatisfying(
                            SendResult.Failed.class,
                            failed -> assertThat(failed.errorClass()).isEqualTo(ErrorClass.THROTTLED));
            assertThat(outcomes).containsOnly(Outcome.DONE);
        }
    }

    @Test
    void aFullServerRenewsLeasesAndTakesBackWhatALostAnswerHandedOut() throws Exception {
        try (Lab lab = Lab.own();
                FaultProxy proxy = FaultProxy.to(
                        "127.0.0.1", URI.create(lab.broker().url()).getPort())) {
            RedisDriver driver = lab.driver("redis://" + proxy.host() + ":" + proxy.port());
            String topic = Lab.newTopic("full");
            RedisReceiver receiver = lab.receiver(driver, topic, Duration.ofMinutes(1));
            Lab.sent(driver, Lab.task(topic));
            List<Delivery> held = Lab.now(receiver, 1);
            List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 3));
            proxy.loseReplyTo(RedisScript.CLAIM.digest());
            assertThat(catchException(() -> Lab.now(receiver, 3))).isNotNull();
            lab.raw("CONFIG", "SET", "maxmemory", "1");
            double end = leaseEnd(lab, held.get(0));

            List<Delivery> lost = receiver.extend(held);

            assertThat(lost).isEmpty();
            assertThat(leaseEnd(lab, held.get(0))).isGreaterThan(end);
            assertThat(Lab.ids(Lab.now(receiver, 3)))
                    .containsExactlyElementsOf(
                            tasks.stream().map(Envelope::taskId).toList());
        }
    }

    @Test
    void aFullServerWakesWhoWaitsAndReplaysLetters() throws Exception {
        try (Lab lab = Lab.own()) {
            RedisDriver driver = lab.driver();
            String topic = Lab.newTopic("full");
            RedisReceiver receiver = lab.receiver(driver, topic);
            Lab.sent(driver, Lab.task(topic));
            receiver.settle(List.of(new Settlement.Dead(Lab.next(receiver), Progress.NONE, DeadReason.NON_RETRYABLE)));
            lab.raw("CONFIG", "SET", "maxmemory", "1");

            receiver.lookUp(true);
            receiver.park();
            assertThat(lab.rawNumber("LLEN", "{bq}:" + topic + ":wake"))
                    .as("a token that was put back")
                    .isEqualTo(1);
            try (DeadLetterCursor walk = driver.deadLetters(topic)) {
                assertThat(walk.replay(walk.next(10))).isEqualTo(1);
            }
            assertThat(Lab.now(receiver, 10)).hasSize(1);
        }
    }

    private static double leaseEnd(Lab lab, Delivery held) {
        String topic = ((Delivery.Task) held).envelope().topic();
        return Double.parseDouble(lab.rawText(
                "ZSCORE", "{bq}:" + topic + ":lease", Lab.ids(List.of(held)).get(0)));
    }

    @Test
    void aRestartedServerHasWhatItAcceptedASecondAgo() throws Exception {
        try (RedisServer server = RedisServer.launch();
                Lab lab = Lab.at(server)) {
            RedisDriver driver = lab.driver();
            String topic = Lab.newTopic("restart");
            List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 500));
            RedisReceiver receiver = lab.receiver(driver, topic);
            List<Delivery> held = Lab.now(receiver, 100);

            server.kill();
            assertThat(catchException(driver::check)).isNotNull();
            server.start();

            driver.check();
            assertThat(receiver.settle(
                            held.stream().<Settlement>map(Settlement.Ack::new).toList()))
                    .containsOnly(Outcome.DONE);
            receiver.lookUp(false);
            assertThat(Lab.ids(Lab.now(receiver, 500)))
                    .containsExactlyElementsOf(
                            tasks.stream().skip(100).map(Envelope::taskId).toList());
        }
    }
}
