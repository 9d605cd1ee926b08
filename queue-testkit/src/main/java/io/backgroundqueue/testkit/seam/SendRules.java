package io.backgroundqueue.testkit.seam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Feature;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Requires;
import io.backgroundqueue.testkit.Rule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rules 14.1 to 14.12: sending. */
public abstract class SendRules extends SeamContract {
    private static final String LEGAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    SendRules() {}

    @Test
    @Rule("14.1")
    public final void anAcceptedTaskIsHandedOut() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Envelope sent = task(topic).at(now());
        List<SendResult> results = peer().send(List.of(sent));
        assertThat(results).as("result of sending one plain task").allMatch(SeamContract::accepted);
        assertThat(hand.take().envelope().taskId()).as("id of the only task").isEqualTo(sent.taskId());
    }

    @Test
    @Rule("14.1")
    public final void everyAcceptedTaskOfManyIsHandedOut() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        int batch = Math.min(50, limits().sendBatch());
        Set<String> ids = new TreeSet<>();
        for (int sent = 0; sent < 150; sent += batch) {
            List<Envelope> tasks = IntStream.range(0, batch)
                    .mapToObj(i -> task(topic).at(now()))
                    .toList();
            assertThat(peer().send(tasks)).as("results of plain tasks").allMatch(SeamContract::accepted);
            tasks.forEach(task -> ids.add(task.taskId()));
        }
        note("duplicates", hand.takeAll(ids).size() - ids.size());
    }

    @Test
    @Rule("14.2")
    public final void aBatchIsAnsweredWithOneResultPerTask() throws Exception {
        String topic = newTopic();
        List<Envelope> batch = IntStream.range(0, Math.min(7, limits().sendBatch()))
                .mapToObj(i -> task(topic).at(now()))
                .toList();
        assertThat(peer().send(batch))
                .as("results of a batch of " + batch.size())
                .hasSize(batch.size());
    }

    @Test
    @Rule("14.2")
    @Requires(Feature.DEDUPLICATION)
    public final void aDuplicateInABatchIsAnsweredAtItsOwnPlace() throws Exception {
        assumeTrue(limits().sendBatch() >= 4, "a send takes at most " + limits().sendBatch() + " tasks here");
        String topic = newTopic();
        send(task(topic).deduplication("taken", Duration.ofMinutes(5)));
        List<SendResult> results = peer().send(List.of(
                task(topic).at(now()),
                task(topic).deduplication("taken", Duration.ofMinutes(5)).at(now()),
                task(topic).at(now()),
                task(topic).at(now())));
        given("14.100", () -> {
            assertThat(results)
                    .filteredOn(result -> result instanceof SendResult.Duplicate)
                    .hasSize(1);
            return results;
        });
        assertThat(results)
                .as("whether each of four tasks was a duplicate, as the second is")
                .extracting(result -> result instanceof SendResult.Duplicate)
                .containsExactly(false, true, false, false);
    }

    @Test
    @Rule("14.3")
    public final void aPayloadArrivesByteForByte() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Map<String, Bytes> payloads = payloads();
        List<Envelope> sent = payloads.values().stream()
                .map(payload -> task(topic).payload(payload).at(now()))
                .toList();
        control(hand, topic);
        sendAll(sent);
        List<String> names = List.copyOf(payloads.keySet());
        List<Delivery.Task> came = taken(hand, sent);
        for (int i = 0; i < sent.size(); i++) {
            assertSamePayload(
                    came.get(i).envelope().payload(), sent.get(i).payload(), "the payload '" + names.get(i) + "'");
        }
    }

    private Map<String, Bytes> payloads() {
        byte[] all = new byte[256];
        IntStream.range(0, 256).forEach(i -> all[i] = (byte) i);
        byte[] large = new byte[Math.min(1 << 20, limits().maxPayloadBytes())];
        IntStream.range(0, large.length).forEach(i -> large[i] = (byte) (i * 31 + (i >> 8)));
        Map<String, Bytes> payloads = new LinkedHashMap<>();
        payloads.put("empty", Bytes.EMPTY);
        payloads.put("all byte values", Bytes.wrap(all));
        payloads.put("not UTF-8", Bytes.copyOf(new byte[] {(byte) 0xC3, 0x28, (byte) 0xFF, (byte) 0xFE}));
        payloads.put("not JSON", Bytes.utf8("{\"open\": "));
        payloads.put("empty array", Bytes.utf8("[]"));
        payloads.put("big numbers", Bytes.utf8("{\"n\":12345678901234567890.10,\"m\":9007199254740993}"));
        payloads.put("white space", Bytes.utf8("\n\t {\"b\" : 1 , \"a\":[ ]}\r\n\n"));
        payloads.put("Latin-1", Bytes.copyOf("größer".getBytes(StandardCharsets.ISO_8859_1)));
        payloads.put("looks like Base64", Bytes.utf8("SGVsbG8="));
        payloads.put(large.length + " bytes", Bytes.wrap(large));
        return payloads;
    }

    @Test
    @Rule("14.4")
    public final void everyOtherFieldArrivesAsItWasSent() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Envelope sent = send(fullTask(topic));
        assertSameFields(taken(hand).envelope(), sent);
    }

    @Test
    @Rule("14.4")
    @Requires(Feature.ORDERING_KEY)
    public final void anOrderingKeyArrivesAsItWasSent() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        send(task(topic).orderingKey("customer 17/ü"));
        assertThat(taken(hand).envelope().orderingKey()).as("ordering key").isEqualTo(Optional.of("customer 17/ü"));
    }

    @Test
    @Rule("14.5")
    public final void aNewTaskHasNoProgressAndNoStarts() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Delivery.Task task = control(hand, topic);
        assertThat(task.progress()).as("progress of a task that never ran").isEqualTo(Progress.NONE);
        assertThat(task.starts().count())
                .as("prior starts of a task that never ran")
                .isZero();
    }

    @Test
    @Rule("14.6")
    public final void idsAndHeaderValuesMayHoldAnyCharacters() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        Map<String, String> headers = given("14.4", () -> {
            send(task(topic).header("plain", "value"));
            Map<String, String> plain = taken(hand).envelope().headers();
            assertThat(plain).as("headers").isEqualTo(Map.of("plain", "value"));
            return weirdHeaders();
        });
        Map<String, Envelope> sent = weirdIds().stream()
                .map(id -> {
                    TaskDraft draft = task(topic).id(id);
                    headers.forEach(draft::header);
                    return draft.at(now());
                })
                .collect(Collectors.toMap(Envelope::taskId, task -> task));
        for (Envelope task : sent.values()) {
            assertThat(peer().send(List.of(task)))
                    .as("result of sending the id '" + task.taskId() + "'")
                    .allMatch(SeamContract::accepted);
        }
        for (Delivery.Task task : hand.takeAll(sent.keySet())) {
            assertThat(task.envelope().headers())
                    .as("headers of the id '" + task.envelope().taskId() + "'")
                    .isEqualTo(headers);
        }
    }

    private static List<String> weirdIds() {
        String unique = UUID.randomUUID().toString().substring(0, 8);
        return List.of(
                "a/b c " + unique,
                "ünï 😀 例 " + unique,
                "{a}:b\"c'd\\e " + unique,
                "%00?&=#,;*" + unique,
                " blanks " + unique + " ",
                unique + "x".repeat(248));
    }

    private static Map<String, String> weirdHeaders() {
        return Map.of(
                "Empty", "",
                "blanks", "  two  ",
                "lines", "first\nsecond\r\n\tthird",
                "unicode", "Grüße 😀 例 \u0000\u0001\u007f\u200b",
                "quoted", "{\"a\": ['\\']} %41 =?utf-8?q?x?=",
                "long", "x".repeat(2_000));
    }

    @Test
    @Rule("14.7")
    @Requires(Feature.CANCEL)
    public final void theSameIdSentTwiceIsStoredOnce() throws Exception {
        givenHeldOnce();
        String topic = newTopic();
        Hand hand = hand(topic);
        Envelope task = send(task(topic));
        assertThat(peer().send(List.of(task)))
                .as("result of sending a stored task again")
                .allMatch(SeamContract::accepted);
        taken(hand);
        hand.expectNothing("the same id was sent twice and is one task");
    }

    @Test
    @Rule("14.7")
    @Requires(Feature.CANCEL)
    public final void aTaskThatAWorkerHoldsIsNotStoredAgain() throws Exception {
        givenHeldOnce();
        String topic = newTopic();
        Hand hand = hand(topic);
        Envelope task = send(task(topic));
        taken(hand);
        assertThat(peer().send(List.of(task)))
                .as("result of sending a task again that runs")
                .allMatch(SeamContract::accepted);
        hand.expectNothing("a worker holds the task that was sent again");
    }

    @Test
    @Rule("14.8")
    public final void aTaskThatIsRefusedDoesNotFailItsNeighbours() throws Exception {
        String topic = newTopic();
        Optional<Envelope> refused = harness().refused(task(topic).at(now()));
        assumeTrue(refused.isPresent(), "there is no task that this backend alone refuses");
        Hand hand = hand(topic);
        Envelope before = task(topic).at(now());
        Envelope after = task(topic).at(now());
        List<SendResult> results = given("14.2", () -> {
            List<SendResult> answered = peer().send(List.of(before, refused.get(), after));
            assertThat(answered).as("results of a batch of 3").hasSize(3);
            return answered;
        });
        assertThat(results)
                .as("results of a batch whose second task is refused")
                .extracting(result -> result.getClass().getSimpleName())
                .containsExactly("Accepted", "Failed", "Accepted");
        taken(hand, List.of(before, after));
    }

    @Test
    @Rule("14.9")
    public final void topicsWithSimilarNamesAreDifferentTopics() throws Exception {
        String base = newTopic();
        Map<Hand, Set<String>> own = new LinkedHashMap<>();
        List<Envelope> batch = new ArrayList<>();
        for (String topic : List.of(base + ".b", base + "_b", base + "-b", base + ".B")) {
            List<Envelope> tasks = List.of(task(topic).at(now()), task(topic).at(now()));
            own.put(hand(topic), tasks.stream().map(Envelope::taskId).collect(Collectors.toSet()));
            batch.addAll(tasks);
        }
        sendAll(batch);
        Map<Hand, List<Delivery.Task>> seen = new LinkedHashMap<>();
        boolean all = patience().within(patience().eventually().dividedBy(3), () -> {
            for (Hand hand : own.keySet()) {
                hand.look(10)
                        .forEach(delivery -> seen.computeIfAbsent(hand, key -> new ArrayList<>())
                                .add((Delivery.Task) delivery));
            }
            return seen.values().stream().mapToInt(List::size).sum() >= batch.size();
        });
        note("all arrived", all);
        seen.forEach((hand, tasks) ->
                assertThat(own.get(hand)).as("ids of its own topic").containsAll(Hand.idsOf(tasks)));
    }

    @Test
    @Rule("14.10")
    public final void consumingOneTopicLeavesTheOthersAlone() throws Exception {
        String topic = newTopic();
        String other = newTopic();
        Hand otherHand = hand(other);
        Hand hand = hand(topic);
        control(hand, topic);
        Set<String> ids = send(task(topic), task(other), task(topic), task(other), task(topic)).stream()
                .filter(task -> task.topic().equals(topic))
                .map(Envelope::taskId)
                .collect(Collectors.toSet());
        for (Delivery.Task task : taken(otherHand, 2)) {
            acked(otherHand, task);
        }
        patience().within(patience().never(), () -> {
            for (Delivery delivery : otherHand.look(10)) {
                otherHand.ack((Delivery.Task) delivery);
            }
            return false;
        });
        hand.takeAll(ids);
    }

    @Test
    @Rule("14.11")
    public final void theLongestTopicsAndAllLegalCharactersWork() throws Exception {
        String control = newTopic();
        control(hand(control), control);
        int most = limits().maxTopicLength();
        String padded = (newTopic() + LEGAL + "x".repeat(most)).substring(0, most - 1);
        for (String topic : List.of(padded + "1", padded + "2")) {
            Hand hand = hand(topic);
            Envelope sent = task(topic).at(now());
            assertThat(peer().send(List.of(sent)))
                    .as("result of sending to a topic of " + topic.length() + " characters")
                    .allMatch(SeamContract::accepted);
            assertThat(hand.take().envelope().taskId())
                    .as("the only task of " + topic)
                    .isEqualTo(sent.taskId());
            peer().send(List.of(task(topic).at(now())));
        }
    }

    @Test
    @Rule("14.12")
    public final void severalThreadsSendAtOnce() throws Exception {
        String topic = newTopic();
        Hand hand = hand(topic);
        control(hand, topic);
        Instant now = now();
        Peer sender = peer();
        List<Future<Set<String>>> threads = IntStream.range(0, 4)
                .mapToObj(thread -> beside(() -> {
                    Set<String> ids = new TreeSet<>();
                    for (int i = 0; i < 25; i++) {
                        Envelope task = task(topic).at(now);
                        assertThat(sender.send(List.of(task)))
                                .as("result of a concurrent send")
                                .allMatch(SeamContract::accepted);
                        ids.add(task.taskId());
                    }
                    return ids;
                }))
                .toList();
        Set<String> ids = new TreeSet<>();
        for (Future<Set<String>> thread : threads) {
            ids.addAll(answer(thread, "four threads should have sent 25 tasks each"));
        }
        hand.takeAll(ids);
    }
}
