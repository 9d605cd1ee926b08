package io.backgroundqueue.redis;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.testkit.BrokerControl;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.RunningBroker;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import redis.clients.jedis.RedisClient;

/** Channels of the server that all tests of this JVM share, always behind a proxy. */
final class RedisPubSubHarness implements DriverHarness {
    /** Room for all events of a test: what is dropped where there is too little has tests of its own. */
    private static final String BUFFER = "?buffer=200000";

    private final RunningBroker broker;
    private final FaultProxy proxy;
    private final String url;
    private final Capabilities capabilities;

    RedisPubSubHarness() throws Exception {
        this.broker = Brokers.shared("redis");
        URI address = URI.create(broker.url());
        this.proxy = FaultProxy.to(address.getHost(), address.getPort());
        this.url = RedisHarness.through(proxy, address).replaceFirst("^(rediss?)", "$1+pubsub") + BUFFER;
        try (QueueDriver driver = openDriver()) {
            this.capabilities = driver.capabilities();
        }
    }

    @Override
    public String adapter() {
        return "redis-pubsub";
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) {
        return BackgroundQueues.open(url, options);
    }

    @Override
    public QueueDriver openDriver() {
        return new RedisPubSubProvider().open(QueueUrl.parse(url), QueueOptions.DEFAULT);
    }

    @Override
    public Optional<String> url() {
        return Optional.of(url);
    }

    @Override
    public Optional<BrokerControl> broker() {
        return Optional.of(BrokerControl.behind(proxy, broker.process()));
    }

    @Override
    public boolean injectRaw(String topic, Bytes bytes) {
        try (RedisClient client = RedisClient.create(URI.create(broker.url()))) {
            client.publish(("bq:" + topic).getBytes(StandardCharsets.UTF_8), bytes.toArray());
        }
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
        proxy.close();
    }
}
