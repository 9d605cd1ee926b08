package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Scope;
import io.backgroundqueue.inmemory.InMemoryProvider;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.remote.Wire.Call;
import io.backgroundqueue.testkit.remote.Wire.Handed;
import io.backgroundqueue.testkit.remote.Wire.Sent;
import io.backgroundqueue.testkit.remote.Wire.Verdict;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The backend in memory behind a socket: a broker in a process of its own, for the tests of the fault contract. Loses its
 * tasks when it ends.
 */
final class RemoteBroker {
    private final QueueDriver driver = new InMemoryProvider().open(QueueUrl.parse("memory:"), QueueOptions.DEFAULT);
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Long, Receiver> receivers = new ConcurrentHashMap<>();
    private final Map<Long, DeadLetterCursor> walks = new ConcurrentHashMap<>();
    private final Map<Long, Map<String, DeadLetter>> letters = new ConcurrentHashMap<>();
    private final Map<Long, Delivery.Task> deliveries = new ConcurrentHashMap<>();

    private RemoteBroker() {}

    /** Serves on the port given, or on a free one, and writes it into the file given. */
    public static void main(String[] arguments) throws IOException {
        ServerSocket listener = new ServerSocket(Integer.parseInt(arguments[1]), 200, InetAddress.getLoopbackAddress());
        Path unfinished = Path.of(arguments[0] + ".part");
        Files.writeString(unfinished, String.valueOf(listener.getLocalPort()));
        Files.move(unfinished, Path.of(arguments[0]), StandardCopyOption.ATOMIC_MOVE);
        RemoteBroker broker = new RemoteBroker();
        while (true) {
            Socket socket = listener.accept();
            Thread server = new Thread(() -> broker.serve(socket), "remote-" + socket.getPort());
            server.setDaemon(true);
            server.start();
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            DataInputStream input = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            DataOutputStream output = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            while (!socket.isClosed()) {
                Wire.write(output, answer(Wire.read(input, Call.class)));
            }
        } catch (IOException gone) {
            return;
        }
    }

    private Wire.Answer answer(Call call) {
        try {
            return Wire.answer(result(call));
        } catch (Exception error) {
            return Wire.failed(error);
        }
    }

    private Object result(Call call) throws Exception {
        return switch (call.what()) {
            case "send" -> send(call.list(0, Envelope.class), Duration.ofMillis(call.argument(1, Long.class)));
            case "stats" -> driver.stats(call.argument(0, String.class));
            case "cancel" -> driver.cancel(call.argument(0, String.class), call.argument(1, String.class));
            case "purge" -> driver.purge(call.argument(0, String.class), call.argument(1, Scope.class));
            case "check" -> true;
            case "receiver" -> receiver(call.argument(0, String.class), call.argument(1, ReceiverOptions.class));
            case "walk" -> walk(call.argument(0, String.class));
            case "letters" -> next(call.argument(0, Long.class), call.argument(1, Integer.class));
            case "replay" -> walking(call).replay(chosen(call));
            case "drop" -> walking(call).purge(chosen(call));
            case "walked" -> walked(call.argument(0, Long.class));
            default -> received(call, receiving(call));
        };
    }

    private Object received(Call call, Receiver receiver) throws Exception {
        return switch (call.what()) {
            case "receive" ->
                receive(receiver, call.argument(1, Integer.class), Duration.ofMillis(call.argument(2, Long.class)));
            case "settle" -> settle(receiver, call.list(1, Verdict.class));
            case "extend" -> extend(receiver, call.list(1, Long.class));
            case "park" -> done(receiver::park);
            case "wake" -> done(receiver::wake);
            case "close" -> done(receiver::close);
            default -> throw new IllegalArgumentException("unknown call " + call.what());
        };
    }

    private List<Sent> send(List<Envelope> batch, Duration timeout) throws Exception {
        List<Sent> sent = new ArrayList<>();
        for (SendResult result : driver.send(batch, timeout)) {
            if (result instanceof SendResult.Accepted accepted) {
                sent.add(new Sent("accepted", accepted.position()));
            } else if (result instanceof SendResult.Duplicate duplicate) {
                sent.add(new Sent("duplicate", duplicate.firstTaskId()));
            } else {
                sent.add(new Sent("failed", Optional.of(result.toString())));
            }
        }
        return sent;
    }

    private long receiver(String topic, ReceiverOptions options) throws Exception {
        long number = numbers.incrementAndGet();
        receivers.put(number, driver.receiver(topic, options));
        return number;
    }

    private List<Handed> receive(Receiver receiver, int max, Duration wait) throws Exception {
        List<Handed> handed = new ArrayList<>();
        for (Delivery delivery : receiver.receive(max, wait)) {
            Delivery.Task task = (Delivery.Task) delivery;
            long lease = numbers.incrementAndGet();
            deliveries.put(lease, task);
            handed.add(new Handed(lease, task.envelope(), task.due(), task.progress(), task.starts()));
        }
        return handed;
    }

    private List<String> settle(Receiver receiver, List<Verdict> verdicts) throws Exception {
        List<Settlement> settlements = new ArrayList<>();
        for (Verdict verdict : verdicts) {
            Delivery.Task task = deliveries.get(verdict.lease());
            settlements.add(
                    switch (verdict.kind()) {
                        case "ack" -> new Settlement.Ack(task);
                        case "later" -> new Settlement.Later(task, verdict.progress(), verdict.start());
                        case "dead" -> new Settlement.Dead(task, verdict.progress(), verdict.reason());
                        default -> new Settlement.Release(task);
                    });
        }
        return receiver.settle(settlements).stream()
                .map(outcome -> outcome instanceof Outcome.Done ? "done" : "stale")
                .toList();
    }

    private List<Long> extend(Receiver receiver, List<Long> leases) throws Exception {
        List<Delivery> held = new ArrayList<>();
        leases.forEach(lease -> held.add(deliveries.get(lease)));
        List<Delivery> lost = receiver.extend(held);
        return leases.stream()
                .filter(lease -> lost.contains(deliveries.get(lease)))
                .toList();
    }

    private long walk(String topic) throws Exception {
        long number = numbers.incrementAndGet();
        walks.put(number, driver.deadLetters(topic));
        letters.put(number, new ConcurrentHashMap<>());
        return number;
    }

    private List<DeadLetter> next(long walk, int max) throws Exception {
        List<DeadLetter> page = walks.get(walk).next(max);
        page.forEach(letter -> letters.get(walk).put(letter.id(), letter));
        return page;
    }

    private boolean walked(long walk) {
        letters.remove(walk);
        walks.remove(walk).close();
        return true;
    }

    private DeadLetterCursor walking(Call call) {
        return walks.get(call.argument(0, Long.class));
    }

    private List<DeadLetter> chosen(Call call) {
        Map<String, DeadLetter> known = letters.get(call.argument(0, Long.class));
        return call.list(1, String.class).stream().map(known::get).toList();
    }

    private Receiver receiving(Call call) {
        return receivers.get(call.argument(0, Long.class));
    }

    private interface Step {
        void run() throws Exception;
    }

    private static boolean done(Step step) throws Exception {
        step.run();
        return true;
    }
}
