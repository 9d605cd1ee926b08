package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.spi.TopicNames;

/**
 * What queues, exchanges and routing keys are called. Topics have no {@code @} and no colon, groups and prefixes no dot
 * either: so no two things ever share a name.
 */
final class Names {
    private static final TopicNames DOTLESS = new TopicNames(c -> c != '.', '_', 255);

    private final String prefix;
    private final String exchange;
    private final boolean spreads;
    private final String group;

    Names(RabbitMQSettings settings) {
        this.prefix = settings.prefix;
        this.exchange = settings.exchange;
        this.spreads = settings.exchangeType.spreads();
        this.group = settings.group.orElse("");
    }

    /** The longest topic whose queues have legal names, and legal keys in the grid of delays. */
    int longestTopic() {
        int besides = Math.max(lane("", 0).length(), delayed("", 0).length());
        return Math.min(128, 255 - DelayLeg.KEY_LENGTH - besides);
    }

    /** The queue of a lane. */
    String lane(String topic, int lane) {
        return base(topic) + ".l" + lane;
    }

    /** The queue of the dead letters. */
    String dead(String topic) {
        return base(topic) + ".dead";
    }

    /** By which key a fresh task goes to its lane through {@link #exchange}: foreign ones need no more than the topic. */
    String key(String topic, int lane) {
        if (exchange.isEmpty()) {
            return lane(topic, lane);
        }
        return lane == 2 ? topic : topic + ":" + lane;
    }

    /** Where fresh tasks are published to; empty for the default exchange. */
    String exchange() {
        return exchange;
    }

    /** Whether there is a group to consume for. */
    boolean hasGroup() {
        return !group.isEmpty();
    }

    /** The exchange of a group behind a fanout one. */
    String groupExchange() {
        return prefix + "@" + exchange + "@" + group;
    }

    /** What a fresh task is addressed to when its delay is over. */
    String delayed(String topic, int lane) {
        return spreads ? prefix + "@@" + DOTLESS.encode(exchange) + "." + topic + ".l" + lane : lane(topic, lane);
    }

    private String base(String topic) {
        return spreads ? prefix + "@" + DOTLESS.encode(exchange) + "." + topic + "." + group : prefix + "." + topic;
    }
}
