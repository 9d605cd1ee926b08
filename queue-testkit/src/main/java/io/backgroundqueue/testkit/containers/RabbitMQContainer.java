package io.backgroundqueue.testkit.containers;

import io.backgroundqueue.testkit.ContainerStarter;
import org.testcontainers.containers.wait.strategy.Wait;

/** {@code rabbitmq}; its guest may come from outside. Settings are lines of rabbitmq.conf. */
public final class RabbitMQContainer extends ContainerStarter {
    private static final int PORT = 5672;

    /** What it answers to a client's first words; the port is open before that. */
    private static final String GREETED = "bash -c \"exec 3<>/dev/tcp/127.0.0.1/" + PORT
            + " && printf 'AMQP\\0\\0\\11\\1' >&3 && read -r -t 1 -n 1 <&3\"";

    /** For {@link java.util.ServiceLoader}. */
    public RabbitMQContainer() {
        super("rabbitmq", "rabbitmq:4-management");
        port(PORT)
                .url("amqp://guest:guest@{host}:{" + PORT + "}")
                .settingsIn("/etc/rabbitmq/conf.d/90-tests.conf")
                .readyWhen(Wait.forSuccessfulCommand(GREETED))
                .version("sh", "-c", "echo ${RABBITMQ_VERSION:-$(rabbitmqctl version)}");
    }
}
