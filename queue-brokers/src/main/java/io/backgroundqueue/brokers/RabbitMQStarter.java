package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.RunningBroker;
import java.util.List;

/** Starts {@code rabbitmq} as a local process of the RabbitMQ that is installed here. Settings are lines of rabbitmq.conf. */
public final class RabbitMQStarter implements BrokerStarter {
    static final String REMEDY =
            "install RabbitMQ 3.10 or later, with Erlang 25 or later, so that rabbitmq-server is on the"
                    + " PATH (Debian, Ubuntu: apt-get install rabbitmq-server)";

    /** For {@link java.util.ServiceLoader}. */
    public RabbitMQStarter() {}

    @Override
    public String broker() {
        return "rabbitmq";
    }

    @Override
    public Kind kind() {
        return Kind.PROCESS;
    }

    @Override
    public boolean available() {
        return RabbitMQScripts.find().isPresent();
    }

    @Override
    public String remedy() {
        return REMEDY;
    }

    @Override
    public RunningBroker start() throws Exception {
        return RabbitMQServer.launch();
    }

    @Override
    public RunningBroker start(List<String> settings) throws Exception {
        return RabbitMQServer.launch(settings.toArray(String[]::new));
    }
}
