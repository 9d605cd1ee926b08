package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Waiting without polling, trap R8, and the wake token that must not get lost. Times are far below the longest blindness. */
class WakeUpTest {
    private static final Duration LONG = Duration.ofSeconds(4);
    private static final Duration SOON = Duration.ofSeconds(2);

    private final AtomicBoolean ended = new AtomicBoolean();
    private final List<Duty> duties = new ArrayList<>();
    private final List<Future<String>> turning = new ArrayList<>();
    private Lab lab;
    private RedisDriver driver;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.own();
        driver = consumingDriver();
        topic = Lab.newTopic("wake");
    }

    @AfterEach
    void close() throws Exception {
        ended.set(true);
        duties.forEach(Duty::wake);
        for (Future<String> duty : turning) {
            assertThat(duty.get(10, TimeUnit.SECONDS)).isEqualTo("wake-up");
        }
        lab.close();
    }

    @Test
    void aWaitingReceiverIsWokenByATask() throws Exception {
        Future<List<Delivery>> waiting = waiting(lab.receiver(driver, topic));

        Envelope task = Lab.sent(driver, Lab.task(topic));

        assertThat(Lab.ids(answer(waiting, SOON))).containsExactly(task.taskId());
    }

    @Test
    void aReceiverThatBeginsToWaitWhileTheDutyListensForOthersIsWokenToo() throws Exception {
        Future<List<Delivery>> other = waiting(lab.receiver(driver, Lab.newTopic("other")));
        Future<List<Delivery>> waiting = waiting(lab.receiver(driver, topic));

        Lab.sent(driver, Lab.task(topic));

        assertThat(answer(waiting, SOON)).hasSize(1);
        assertThat(other).isNotDone();
    }

    @Test
    void aShorterDelayThatComesLaterIsNoticed() throws Exception {
        Lab.sent(driver, delayed(Duration.ofHours(1)));
        Future<List<Delivery>> waiting = waiting(lab.receiver(driver, topic));

        Envelope soon = Lab.sent(driver, delayed(Duration.ofMillis(300)));

        assertThat(Lab.ids(answer(waiting, SOON))).containsExactly(soon.taskId());
    }

    @Test
    void aReceiverThatWantsNothingTakesNoToken() throws Exception {
        RedisReceiver busy = lab.receiver(driver, topic);
        assertThat(busy.receive(1, Duration.ofMillis(100))).isEmpty();
        assertThat(busy.receive(0, Duration.ZERO)).isEmpty();
        Future<List<Delivery>> idle = waiting(lab.receiver(consumingDriver(), topic));

        Lab.sent(driver, Lab.task(topic));

        assertThat(answer(idle, SOON)).hasSize(1);
    }

    @Test
    void aTokenThatWasTakenForAReceiverWithoutRoomIsLeftToOthers() throws Exception {
        RedisReceiver first = lab.receiver(driver, topic);
        assertThat(first.receive(1, Duration.ofMillis(100))).isEmpty();
        Lab.sent(driver, Lab.task(topic));
        Lab.PATIENCE.eventually(
                () -> lab.rawNumber("LLEN", wake()) == 0, () -> "the token should be taken for the first receiver");

        first.receive(0, Duration.ZERO);

        eventuallyLeft();
        assertThat(answer(waiting(lab.receiver(consumingDriver(), topic)), SOON))
                .hasSize(1);
    }

    @Test
    void aParkedReceiverLeavesItsTokenToOthers() throws Exception {
        RedisReceiver parked = lab.receiver(driver, topic);
        assertThat(parked.receive(1, Duration.ofMillis(100))).isEmpty();
        Lab.sent(driver, Lab.task(topic));
        Lab.PATIENCE.eventually(() -> lab.rawNumber("LLEN", wake()) == 0, () -> "the token should be taken");

        parked.park();

        eventuallyLeft();
    }

    @Test
    void whoTakesOneOfTwoTasksWakesTheNext() throws Exception {
        Future<List<Delivery>> one = waiting(lab.receiver(driver, topic));
        Future<List<Delivery>> other = waiting(lab.receiver(consumingDriver(), topic));

        Lab.sent(driver, Lab.tasks(topic, 2));

        assertThat(answer(one, SOON)).hasSize(1);
        assertThat(answer(other, SOON)).hasSize(1);
    }

    @Test
    void aTaskWithoutATokenIsFoundByALookAtAllThatWait() throws Exception {
        Future<List<Delivery>> waiting = waiting(lab.receiver(driver, topic));
        Future<List<Delivery>> other = waiting(lab.receiver(driver, Lab.newTopic("other")));
        waitUntilBlocked();

        lab.raw("HSET", "{bq}:" + topic + ":body", "foreign", "{}\nhello");
        lab.raw("RPUSH", "{bq}:" + topic + ":r0", "00:foreign");

        assertThat(Lab.ids(answer(waiting, LONG))).containsExactly("foreign");
        assertThat(other.get()).isEmpty();
    }

    @Test
    void aDueTimeThatCameWithoutATokenIsNoticedByTheLook() throws Exception {
        Future<List<Delivery>> waiting = waiting(lab.receiver(driver, topic));
        waitUntilBlocked();
        long now = Long.parseLong(lab.rawText("EVAL", "return redis.call('TIME')[1]", "0")) * 1_000;

        lab.raw("HSET", "{bq}:" + topic + ":body", "foreign", "{}\nhello");
        lab.raw("ZADD", "{bq}:" + topic + ":due", String.valueOf(now + 2_700), "0foreign");

        assertThat(Lab.ids(answer(waiting, LONG))).containsExactly("foreign");
    }

    @Test
    void aServerThatEndsAllWaitsIsWaitedOnAgain() throws Exception {
        RedisReceiver receiver = lab.receiver(driver, topic);
        waitUntilBlocked();
        String id = blocked().replaceAll("^id=(\\d+) .*", "$1");

        assertThat(lab.rawNumber("CLIENT", "UNBLOCK", id, "ERROR")).isEqualTo(1);
        Future<List<Delivery>> waiting = waiting(receiver);
        Lab.sent(driver, Lab.task(topic));

        assertThat(answer(waiting, SOON)).hasSize(1);
    }

    @Test
    void aListenerWhoseConnectionIsKilledListensAgain() throws Exception {
        RedisReceiver receiver = lab.receiver(driver, topic);
        waitUntilBlocked();
        String id = blocked().replaceAll("^id=(\\d+) .*", "$1");

        lab.raw("CLIENT", "KILL", "ID", id);
        Future<List<Delivery>> waiting = waiting(receiver);
        Lab.sent(driver, Lab.task(topic));

        assertThat(answer(waiting, SOON)).hasSize(1);
    }

    /** As after an outage. Redis before 7.0.8 takes a wait of a millisecond for one without an end. */
    @Test
    void aDutyWhoseLookIsOverdueDoesNotWait() throws Exception {
        RedisDriver opened = lab.driver();
        assertThat(lab.receiver(opened, topic).receive(1, Duration.ofSeconds(3)))
                .isEmpty();

        for (Duty duty : opened.duties()) {
            assertThat(duty.turn()).as(duty.name()).isNotNull();
            duty.close();
        }
    }

    @Test
    void aDutyThatIsWokenEndsItsWaitAtOnce() throws Exception {
        waitUntilBlocked();
        long before = System.nanoTime();

        ended.set(true);
        duties.forEach(Duty::wake);
        assertThat(turning.get(0).get(10, TimeUnit.SECONDS)).isEqualTo("wake-up");

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(SOON);
    }

    @Test
    void aHundredIdleTopicsCostTheServerLittle() throws Exception {
        List<RedisReceiver> receivers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            receivers.add(lab.receiver(driver, "idle-" + i));
        }
        waitInVain(receivers);
        long before = lab.calls("evalsha", "eval", "blpop");

        waitInVain(receivers);

        assertThat(lab.calls("evalsha", "eval", "blpop") - before)
                .as("commands in which %s idle topics waited %s", receivers.size(), LONG)
                .isLessThan(receivers.size() / 2);
    }

    private void waitInVain(List<RedisReceiver> receivers) throws Exception {
        List<Future<List<Delivery>>> all = receivers.stream().map(this::waiting).toList();
        for (Future<List<Delivery>> one : all) {
            assertThat(answer(one, Duration.ofSeconds(20))).isEmpty();
        }
    }

    private Envelope delayed(Duration delay) {
        Envelope now = Lab.task(topic);
        return Lab.task(topic, Start.after(delay), now.payload());
    }

    private String wake() {
        return "{bq}:" + topic + ":wake";
    }

    /** At once, or a moment later where the duty has the token and has told nobody yet. */
    private void eventuallyLeft() throws Exception {
        Lab.PATIENCE.eventually(() -> lab.rawNumber("LLEN", wake()) == 1, () -> "the token should be left to others");
    }

    private void waitUntilBlocked() throws Exception {
        Lab.PATIENCE.eventually(
                () -> !blocked().isEmpty(), () -> "the duty should wait: " + lab.rawText("CLIENT", "LIST"));
    }

    /** The connection that waits. */
    private String blocked() {
        return lab.rawText("CLIENT", "LIST")
                .lines()
                .filter(line -> line.contains("cmd=blpop") && line.contains("flags=b"))
                .findFirst()
                .orElse("");
    }

    /** Turns the duties of a driver as the engine does. */
    private RedisDriver consumingDriver() {
        RedisDriver opened = lab.driver();
        for (Duty duty : opened.duties()) {
            if (duty instanceof WakeDuty) {
                duties.add(duty);
                turning.add(beside("duty", () -> {
                    while (!ended.get()) {
                        turn(duty);
                    }
                    duty.close();
                    return duty.name();
                }));
            }
        }
        return opened;
    }

    private static void turn(Duty duty) {
        try {
            assertThat(duty.turn()).isLessThan(SOON);
        } catch (Exception forNow) {
            assertThat(forNow).isInstanceOf(redis.clients.jedis.exceptions.JedisException.class);
        }
    }

    /** A receive that waits long, on a thread of its own. */
    private Future<List<Delivery>> waiting(RedisReceiver receiver) {
        return beside("receive", () -> receiver.receive(1, LONG));
    }

    private static List<Delivery> answer(Future<List<Delivery>> waiting, Duration within) throws Exception {
        assertThat(Lab.PATIENCE.within(within, waiting::isDone))
                .as("whether the receiver answered within %s", within)
                .isTrue();
        return waiting.get();
    }

    private <T> Future<T> beside(String name, Callable<T> call) {
        FutureTask<T> future = new FutureTask<>(call);
        Thread thread = new Thread(future, "test-" + name);
        thread.setDaemon(true);
        thread.start();
        return future;
    }
}
