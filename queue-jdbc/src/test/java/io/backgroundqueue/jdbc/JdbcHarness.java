package io.backgroundqueue.jdbc;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.testkit.BrokerControl;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.DriverHarness;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.RunningBroker;
import java.util.Optional;
import java.util.UUID;
import org.h2.engine.Constants;

/** Tables that all tests of this JVM share; each test has topics of its own. */
final class JdbcHarness implements DriverHarness {
    private final String adapter;
    private final SharedSpace space;
    private final Optional<RunningBroker> broker;
    private final Optional<FaultProxy> proxy;
    private final String url;
    private final Capabilities capabilities;

    private JdbcHarness(
            String adapter, SharedSpace space, Optional<RunningBroker> broker, Optional<FaultProxy> proxy, String url)
            throws Exception {
        this.adapter = adapter;
        this.space = space;
        this.broker = broker;
        this.proxy = proxy;
        this.url = url;
        try (QueueDriver driver = openDriver()) {
            this.capabilities = driver.capabilities();
        }
    }

    static JdbcHarness postgresql() throws Exception {
        SharedSpace space = SharedSpace.postgresql();
        return new JdbcHarness(
                "jdbc-postgresql",
                space,
                Optional.of(Brokers.shared("postgresql")),
                Optional.empty(),
                space.space().url());
    }

    static JdbcHarness h2() throws Exception {
        SharedSpace space = SharedSpace.h2();
        return new JdbcHarness(
                "jdbc-h2",
                space,
                Optional.empty(),
                Optional.empty(),
                space.space().url());
    }

    /** For tests with worker processes: they reach the file through this JVM. */
    static JdbcHarness h2ForProcesses() throws Exception {
        SharedSpace space = SharedSpace.h2ForProcesses();
        return new JdbcHarness(
                "jdbc-h2",
                space,
                Optional.empty(),
                Optional.empty(),
                space.space().url());
    }

    /** The same server behind a proxy, to be hurt. */
    JdbcHarness behindProxy() throws Exception {
        FaultProxy network = Lab.proxy(broker.orElseThrow().url());
        return new JdbcHarness(adapter, space, broker, Optional.of(network), Lab.through(network, url));
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
    public QueueDriver openDriver() throws Exception {
        return Lab.opened(url);
    }

    @Override
    public Optional<String> url() {
        return Optional.of(url);
    }

    @Override
    public Optional<BrokerControl> broker() {
        return proxy.map(
                network -> BrokerControl.behind(network, broker.orElseThrow().process()));
    }

    @Override
    public Optional<KeyValueStore> openStore() {
        return Optional.of(BackgroundQueues.openStore(url));
    }

    /** Any payload is a task; headers that are no JSON make it none. */
    @Override
    public boolean injectRaw(String topic, Bytes bytes) throws Exception {
        Raw.update(
                space.space().rawUrl(),
                "INSERT INTO bq_task (topic, task_id, payload, headers) VALUES (?, ?, ?, 'no JSON')",
                topic,
                UUID.randomUUID().toString(),
                bytes.toArray());
        return true;
    }

    @Override
    public String brokerVersion() {
        return broker.map(RunningBroker::version).orElseGet(() -> Constants.VERSION);
    }

    @Override
    public String startedBy() {
        return broker.map(RunningBroker::startedBy).orElse("embedded, on a file");
    }

    @Override
    public void close() {
        proxy.ifPresent(FaultProxy::close);
    }
}
