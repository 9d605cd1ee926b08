package io.backgroundqueue.testkit.remote;

import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.net.InetSocketAddress;
import java.util.Set;

/** Opens {@code remote://host:port}. */
public final class RemoteProvider implements QueueDriverProvider {
    @Override
    public Set<String> schemes() {
        return Set.of("remote");
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) throws Exception {
        String[] address = url.hosts().split(":", 2);
        RemoteDriver driver = new RemoteDriver(new InetSocketAddress(address[0], Integer.parseInt(address[1])));
        driver.check();
        return driver;
    }
}
