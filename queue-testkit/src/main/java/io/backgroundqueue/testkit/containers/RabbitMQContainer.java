package io.backgroundqueue.testkit.containers;

import io.backgroundqueue.testkit.ContainerStarter;
import org.testcontainers.containers.wait.strategy.Wait;

/** {@code rabbitmq}; its guest may come from outside. Settings are lines of rabbitmq.conf. */
public final class RabbitMQContainer extends ContainerStarter {
    /**
     * Arguments for Erlang, so that a server that is killed has its newest queues. By itself it has the list of quorum queues
     * on disk only seconds after it has changed (in 3.10 and 4.0 alike); a server of its own that is killed earlier has lost
     * the newest ones, with all that it had confirmed to be in them. Tests use queues that are new. See {@code names.dets} in
     * <a href="https://github.com/rabbitmq/ra/blob/main/src/ra_directory.erl">ra_directory</a>.
     */
    public static final String KEEP_NEW_QUEUES =
            "-eval 'spawn(fun Keep() -> catch dets:sync(ra_directory_reverse), timer:sleep(20), Keep() end).'";

    private static final int PORT = 5672;

    /** What it answers to a client's first words; the port is open before that. */
    private static final String GREETED = "bash -c \"exec 3<>/dev/tcp/127.0.0.1/" + PORT
            + " && printf 'AMQP\\0\\0\\11\\1' >&3 && read -r -t 1 -n 1 <&3\"";

    /** For {@link java.util.ServiceLoader}. */
    public RabbitMQContainer() {
        super("rabbitmq", "rabbitmq:4-management");
        port(PORT)
                .url("amqp://guest:guest@{host}:{" + PORT + "}")
                .env("ERL_AFLAGS", KEEP_NEW_QUEUES)
                .settingsIn("/etc/rabbitmq/conf.d/90-tests.conf")
                .readyWhen(Wait.forSuccessfulCommand(GREETED))
                .version("sh", "-c", "echo ${RABBITMQ_VERSION:-$(rabbitmqctl version)}");
    }
}
