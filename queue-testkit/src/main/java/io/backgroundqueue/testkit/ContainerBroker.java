package io.backgroundqueue.testkit;

import java.util.Optional;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.WaitStrategy;

/** A container that keeps its data and its ports while it is stopped. */
record ContainerBroker(GenericContainer<?> container, WaitStrategy ready, String url, String version, String image)
        implements RunningBroker, BrokerProcess {

    @Override
    public String startedBy() {
        return "container " + image;
    }

    @Override
    public Optional<BrokerProcess> process() {
        return Optional.of(this);
    }

    @Override
    public String tool(String... words) throws Exception {
        Container.ExecResult run = container.execInContainer(words);
        if (run.getExitCode() != 0) {
            throw new IllegalStateException(String.join(" ", words) + " failed:\n" + run.getStdout() + run.getStderr());
        }
        return run.getStdout();
    }

    @Override
    public void stop() throws Exception {
        if (container.isRunning()) {
            container
                    .getDockerClient()
                    .stopContainerCmd(container.getContainerId())
                    .exec();
            awaitEnd();
        }
    }

    @Override
    public void kill() throws Exception {
        if (container.isRunning()) {
            container
                    .getDockerClient()
                    .killContainerCmd(container.getContainerId())
                    .exec();
            awaitEnd();
        }
    }

    @Override
    public void start() {
        if (!container.isRunning()) {
            container
                    .getDockerClient()
                    .startContainerCmd(container.getContainerId())
                    .exec();
            ready.waitUntilReady(container);
        }
    }

    @Override
    public void close() {
        container.stop();
    }

    /** Not every engine waits for it, and one that still ends is not started again. */
    private void awaitEnd() throws Exception {
        Patience.standard().eventually(() -> !container.isRunning(), () -> "the container does not end: " + image);
    }
}
