package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.AMQP;
import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.testkit.BrokerControl;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.RunningBroker;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A broker that all tests of this JVM share; each test has topics of its own, whose queues it deletes. */
final class RabbitMQHarness implements DriverHarness {
    /** The same for all tests of a contract. */
    private static final Map<String, Capabilities> KNOWN = new ConcurrentHashMap<>();

    private final String adapter;
    private final RunningBroker broker;
    private final Optional<KeyValueStore> store;
    private final Optional<FaultProxy> proxy;
    private final String url;
    private final Capabilities capabilities;
    private final Queue<String> topics = new ConcurrentLinkedQueue<>();

    private RabbitMQHarness(String adapter, Optional<KeyValueStore> store, Optional<FaultProxy> proxy, boolean driver)
            throws Exception {
        this.adapter = adapter;
        this.broker = Brokers.shared("rabbitmq");
        this.store = store;
        this.proxy = proxy;
        this.url =
                proxy.map(network -> RawRabbitMQ.through(network, broker.url())).orElse(broker.url());
        this.capabilities = KNOWN.computeIfAbsent(adapter + driver, any -> found(driver));
    }

    private Capabilities found(boolean driver) {
        try (QueueDriver opened = openDriver();
                BackgroundQueue queue = openQueue(QueueOptions.DEFAULT)) {
            return driver ? opened.capabilities() : queue.capabilities();
        }
    }

    static RabbitMQHarness drivers() throws Exception {
        return new RabbitMQHarness("rabbitmq", Optional.empty(), Optional.empty(), true);
    }

    /** Its queues share a store, as processes share one on a server. */
    static RabbitMQHarness queues() throws Exception {
        return new RabbitMQHarness("rabbitmq", memory(), Optional.empty(), false);
    }

    static RabbitMQHarness queuesWithoutStore() throws Exception {
        return new RabbitMQHarness("rabbitmq-storeless", Optional.empty(), Optional.empty(), false);
    }

    /** To be hurt. */
    static RabbitMQHarness queuesBehindProxy() throws Exception {
        FaultProxy network = RawRabbitMQ.proxy(Brokers.shared("rabbitmq").url());
        return new RabbitMQHarness("rabbitmq", memory(), Optional.of(network), false);
    }

    private static Optional<KeyValueStore> memory() {
        return Optional.of(BackgroundQueues.openStore("memory:"));
    }

    @Override
    public String adapter() {
        return adapter;
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        QueueOptions.Builder builder = options.toBuilder();
        store.ifPresent(builder::store);
        return BackgroundQueues.open(url, builder.build());
    }

    @Override
    public QueueDriver openDriver() {
        return new RabbitMQProvider().open(QueueUrl.parse(url), QueueOptions.DEFAULT);
    }

    @Override
    public Optional<String> url() {
        return Optional.of(url);
    }

    @Override
    public String newTopic(String testName) {
        String topic = DriverHarness.super.newTopic(testName);
        topics.add(topic);
        return topic;
    }

    @Override
    public Optional<BrokerControl> broker() {
        return proxy.map(network -> BrokerControl.behind(network, broker.process()));
    }

    /** Any body is a task; a field that has no such value makes it none. */
    @Override
    public boolean injectRaw(String topic, Bytes bytes) throws Exception {
        AMQP.BasicProperties odd = new AMQP.BasicProperties.Builder()
                .headers(Map.of("bqattempts", "none"))
                .build();
        try (RawRabbitMQ raw = new RawRabbitMQ(broker.url())) {
            raw.publish(RawRabbitMQ.lane(topic, 2), odd, bytes.toArray());
        }
        return true;
    }

    @Override
    public boolean expel(Receiver receiver) {
        ((RabbitMQReceiver) receiver).cutConnection();
        return true;
    }

    @Override
    public String brokerVersion() {
        return broker.version();
    }

    @Override
    public String startedBy() {
        return broker.startedBy();
    }

    @Override
    public void close() {
        proxy.ifPresent(FaultProxy::close);
        store.ifPresent(KeyValueStore::close);
        RawRabbitMQ.delete(broker.url(), topics);
    }
}
