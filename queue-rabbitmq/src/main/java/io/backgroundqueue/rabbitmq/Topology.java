package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Lanes;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Declares what decision 0008 describes, each thing once, when it is needed; over a connection on which nobody's task hangs,
 * since a broker that does not answer a declaration takes the connection with it. Thread-safe.
 */
final class Topology {
    /** Where delayed tasks go whose lane is gone: kept, and out of everybody's way. */
    static final String UNROUTED = "bq.unrouted";

    private static final String OUT = DelayLeg.GRID + ".out";
    /** How long one declaration waits for others, at most. */
    private static final Duration TURN = Duration.ofSeconds(5);

    private static final Pattern WHICH = Pattern.compile("for (queue|exchange) '([^']*)' in vhost '([^']*)'");

    private final Names names;
    private final RabbitMQExchangeType type;
    private final boolean create;
    private final Link link;
    private final Declared declared;
    private final Time time;

    /**
     * A queue that somebody else is just making is there at once, and has nobody yet who answers: consuming it fails. So at
     * least this process makes one at a time.
     */
    private final ReentrantLock declaring = new ReentrantLock();

    /** @param link for the declarations */
    Topology(RabbitMQSettings settings, Names names, Link link, Declared declared, Time time) {
        this.names = names;
        this.type = settings.exchangeType;
        this.create = settings.createTopology;
        this.link = link;
        this.declared = declared;
        this.time = time;
    }

    /** What a fresh task of this lane is published to. */
    void forSending(String topic, int lane, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        exchange(deadlineNanos);
        if (!type.spreads()) {
            lane(topic, lane, deadlineNanos);
        }
    }

    /** All lanes of a topic. */
    void forReceiving(String topic, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        exchange(deadlineNanos);
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            lane(topic, lane, deadlineNanos);
        }
    }

    /**
     * What a copy in this lane is published to. Its bindings go with a queue that is deleted, and whoever makes it anew may
     * be somebody else: so whoever declares it binds it, too, also for what waits in the grid already.
     */
    void lane(String topic, int lane, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        grid(deadlineNanos);
        String queue = names.lane(topic, lane);
        once(queue, deadlineNanos, channel -> {
            quorum(channel, queue, Map.of());
            channel.queueBind(queue, OUT, arriving(queue));
            if (!names.exchange().isEmpty()) {
                String from = type == RabbitMQExchangeType.FANOUT ? names.groupExchange() : names.exchange();
                channel.queueBind(queue, from, names.key(topic, lane));
            }
            if (type.spreads()) {
                channel.queueBind(queue, OUT, arriving(names.delayed(topic, lane)));
            }
        });
    }

    /** The queue of the dead letters. */
    void dead(String topic, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        String queue = names.dead(topic);
        once(queue, deadlineNanos, channel -> quorum(channel, queue, Map.of()));
    }

    /** The queues that a delay needs. */
    void digits(DelayLeg leg, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        grid(deadlineNanos);
        for (int place = 0; place < DelayLeg.DIGITS; place++) {
            if (leg.digit(place) > 0) {
                digit(place, leg.digit(place), deadlineNanos);
            }
        }
    }

    private void exchange(long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        String exchange = names.exchange();
        if (exchange.isEmpty()) {
            return;
        }
        once("exchange " + exchange, deadlineNanos, channel -> {
            channel.exchangeDeclare(exchange, type.builtin(), true);
            if (type == RabbitMQExchangeType.FANOUT && names.hasGroup()) {
                channel.exchangeDeclare(names.groupExchange(), BuiltinExchangeType.DIRECT, true);
                channel.exchangeBind(names.groupExchange(), exchange, "");
            }
        });
    }

    /** By which keys what is addressed so comes out of the grid. */
    private static String arriving(String address) {
        return "*.*.*.@." + address;
    }

    private void grid(long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        once(DelayLeg.GRID, deadlineNanos, channel -> {
            channel.exchangeDeclare(UNROUTED, BuiltinExchangeType.FANOUT, true);
            quorum(channel, UNROUTED, Map.of());
            channel.queueBind(UNROUTED, UNROUTED, "");
            channel.exchangeDeclare(
                    OUT, BuiltinExchangeType.TOPIC, true, false, Map.of("alternate-exchange", UNROUTED));
            for (int place = 0; place < DelayLeg.DIGITS; place++) {
                channel.exchangeDeclare(hop(place), BuiltinExchangeType.TOPIC, true);
                channel.exchangeBind(place == 0 ? OUT : hop(place - 1), hop(place), pattern(place, 0));
            }
        });
    }

    private void digit(int place, int digit, long deadlineNanos) throws RabbitMQFailure, InterruptedException {
        String queue = DelayLeg.queue(place, digit);
        once(queue, deadlineNanos, channel -> {
            quorum(
                    channel,
                    queue,
                    Map.of(
                            "x-message-ttl",
                            DelayLeg.millis(place, digit),
                            "x-dead-letter-strategy",
                            "at-least-once",
                            "x-dead-letter-exchange",
                            place == 0 ? OUT : hop(place - 1)));
            channel.queueBind(queue, hop(place), pattern(place, digit));
        });
    }

    /** The exchange that looks at a digit. */
    static String hop(int place) {
        return DelayLeg.GRID + "." + place;
    }

    private static String pattern(int place, int digit) {
        return "*.".repeat(DelayLeg.DIGITS - 1 - place) + digit + ".#";
    }

    private static AMQP.Queue.DeclareOk quorum(Channel channel, String queue, Map<String, Object> besides)
            throws IOException {
        Map<String, Object> arguments = new HashMap<>(besides);
        arguments.put("x-queue-type", "quorum");
        arguments.put("x-overflow", "reject-publish");
        arguments.put("x-delivery-limit", Integer.MAX_VALUE);
        return channel.queueDeclare(queue, true, false, false, arguments);
    }

    private void once(String what, long deadlineNanos, Wire.Call declaration)
            throws RabbitMQFailure, InterruptedException {
        if (!create || declared.now().contains(what)) {
            return;
        }
        long turn = Math.min(TURN.toNanos(), time.until(deadlineNanos).toNanos());
        if (!declaring.tryLock(turn, TimeUnit.NANOSECONDS)) {
            throw new RabbitMQFailure(
                    ErrorClass.TRANSIENT, "Declaring " + what + " waits for declarations that are not answered", null);
        }
        try {
            Wire wire = link.wire(deadlineNanos);
            Set<String> known = declared.now();
            if (!known.contains(what)) {
                declare(wire, what, declaration);
                known.add(what);
            }
        } finally {
            declaring.unlock();
        }
    }

    private void declare(Wire wire, String what, Wire.Call declaration) throws RabbitMQFailure {
        try {
            wire.declare(declaration);
        } catch (RabbitMQFailure ours) {
            throw ours;
        } catch (IOException | RuntimeException failed) {
            if (RabbitMQErrors.reason(failed).isEmpty()) {
                wire.cut();
            }
            throw refused("to declare " + what, failed);
        }
    }

    /** What went wrong with a call that needs the topology, and what mends it. */
    RabbitMQFailure refused(String call, Exception failed) {
        RabbitMQErrors.Reason reason = RabbitMQErrors.reason(failed).orElse(null);
        if (reason == null || RabbitMQErrors.classify(failed) != ErrorClass.MISCONFIGURED) {
            return new RabbitMQFailure(
                    ErrorClass.TRANSIENT, "RabbitMQ did not answer a call " + call + ": " + failed, failed);
        }
        declared.forget();
        return new RabbitMQFailure(
                ErrorClass.MISCONFIGURED,
                "RabbitMQ refuses " + call + ": " + reason.text() + ". " + mending(reason),
                failed);
    }

    private String mending(RabbitMQErrors.Reason reason) {
        Matcher which = WHICH.matcher(reason.text());
        if (reason.code() == AMQP.ACCESS_REFUSED) {
            return "Grant it with rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ, where each of the three"
                    + " matches the names that begin with bq";
        }
        if (reason.code() == AMQP.NOT_FOUND) {
            return create
                    ? "Somebody deleted it. It is made anew when it is needed next"
                    : "Declare it, or set createTopology=true";
        }
        if (reason.code() != AMQP.PRECONDITION_FAILED || !which.find()) {
            return "An operator has to mend the topology";
        }
        return which.group(1).equals("queue")
                ? "It was made with other arguments. When its tasks are done: rabbitmqctl delete_queue '"
                        + which.group(2) + "' --vhost '" + which.group(3) + "', and it is made anew"
                : "It was made with another type or other arguments. Choose another exchange or exchangeType; or set createTopology=false, if it is somebody else's, and declare the rest; or delete"
                        + " it: rabbitmqadmin --vhost='" + which.group(3) + "' delete exchange name='" + which.group(2)
                        + "'";
    }
}
