package io.backgroundqueue.redis;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.KeyValueStore;
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
import java.util.UUID;
import redis.clients.jedis.RedisClient;

/** A server that all tests of this JVM share; each test has topics of its own. */
final class RedisHarness implements DriverHarness {
    private final String adapter;
    private final RunningBroker broker;
    private final Optional<FaultProxy> proxy;
    private final String url;
    private final Capabilities capabilities;

    private RedisHarness(String adapter, RunningBroker broker, Optional<FaultProxy> proxy) {
        this.adapter = adapter;
        this.broker = broker;
        this.proxy = proxy;
        this.url = proxy.map(in -> through(in, URI.create(broker.url()))).orElse(broker.url());
        try (QueueDriver driver = openDriver()) {
            this.capabilities = driver.capabilities();
        }
    }

    static RedisHarness redis() throws Exception {
        return new RedisHarness("redis", Brokers.shared("redis"), Optional.empty());
    }

    /** Compatible, and tested where it can be had. */
    static RedisHarness valkey() throws Exception {
        return new RedisHarness("valkey", Brokers.sharedIfFound("valkey"), Optional.empty());
    }

    /** The same server behind a proxy, to be hurt. */
    RedisHarness behindProxy() {
        URI address = URI.create(broker.url());
        return new RedisHarness(adapter, broker, Optional.of(FaultProxy.to(address.getHost(), address.getPort())));
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
        return BackgroundQueues.open(url, options);
    }

    @Override
    public QueueDriver openDriver() {
        return new RedisProvider().open(QueueUrl.parse(url), QueueOptions.DEFAULT);
    }

    @Override
    public Optional<String> url() {
        return Optional.of(url);
    }

    @Override
    public Optional<BrokerControl> broker() {
        return proxy.map(network -> BrokerControl.behind(network, broker.process()));
    }

    @Override
    public Optional<KeyValueStore> openStore() {
        return Optional.of(BackgroundQueues.openStore(url));
    }

    /** As the layout has it: the body by id, and the entry at the end of the ready list of its level. */
    @Override
    public boolean injectRaw(String topic, Bytes bytes) {
        String id = UUID.randomUUID().toString();
        String base = "{bq}:" + topic + ":";
        try (RedisClient client = RedisClient.create(URI.create(broker.url()))) {
            client.hset(
                    (base + "body").getBytes(StandardCharsets.UTF_8),
                    id.getBytes(StandardCharsets.UTF_8),
                    bytes.toArray());
            client.rpush(base + "r0", "0" + System.currentTimeMillis() + ":" + id);
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
        proxy.ifPresent(FaultProxy::close);
    }

    /** The same URL, with the proxy in place of the server. */
    static String through(FaultProxy proxy, URI url) {
        String user = url.getRawUserInfo() == null ? "" : url.getRawUserInfo() + "@";
        String database = url.getRawPath() == null ? "" : url.getRawPath();
        return url.getScheme() + "://" + user + proxy.host() + ":" + proxy.port() + database;
    }
}
