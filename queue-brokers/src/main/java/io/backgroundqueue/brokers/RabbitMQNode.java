package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.containers.RabbitMQContainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What makes a RabbitMQ a node of its own: name, ports, folders and cookie.
 *
 * <p>Erlang's port mapper, which would outlive the node, is neither started nor asked: the node listens for its tools on
 * a port that they are told. See <a href="https://www.erlang.org/doc/apps/erts/erl_cmd">erl</a>, {@code -erl_epmd_port}.
 *
 * @param folder all that it writes is in it
 * @param port where clients find it; the next one is for its tools
 */
record RabbitMQNode(Path folder, int port) {
    private static final String NO_PORT_MAPPER = "-start_epmd false -erl_epmd_port ";

    /** Writes what it reads when it starts. */
    void configure(List<String> settings) throws IOException {
        List<String> lines = new ArrayList<>(List.of("listeners.tcp.1 = 127.0.0.1:" + port));
        lines.addAll(settings);
        Files.write(folder.resolve("rabbitmq.conf"), lines);
        Files.writeString(folder.resolve("plugins"), "[].\n");
        Files.writeString(folder.resolve("env.conf"), "");
        Files.createDirectories(folder.resolve("home"));
    }

    /** The environment of the server. */
    Map<String, String> server() {
        Map<String, String> environment = common();
        environment.put("ERL_AFLAGS", NO_PORT_MAPPER + (port + 1) + " " + RabbitMQContainer.KEEP_NEW_QUEUES);
        // The distribution is on from the start, so that the server does not look for a port mapper.
        environment.put(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-sname " + name() + " -kernel inet_dist_use_interface {127,0,0,1}");
        // The script becomes the server, and the server does not wait for what nobody types.
        environment.put("RABBITMQ_ALLOW_INPUT", "1");
        environment.put("RABBITMQ_SERVER_START_ARGS", "-noinput");
        environment.put("RABBITMQ_LOGS", "-");
        return environment;
    }

    /** The environment of the server's tools. */
    Map<String, String> tools() {
        Map<String, String> environment = common();
        environment.put("ERL_AFLAGS", NO_PORT_MAPPER + (port + 1) + " -dist_listen false");
        return environment;
    }

    private Map<String, String> common() {
        Map<String, String> environment = new TreeMap<>();
        environment.put("HOME", at("home"));
        environment.put("RABBITMQ_NODENAME", name());
        environment.put("RABBITMQ_DIST_PORT", String.valueOf(port + 1));
        environment.put("RABBITMQ_MNESIA_BASE", at("data"));
        environment.put("RABBITMQ_LOG_BASE", at("logs"));
        environment.put("RABBITMQ_PID_FILE", at("rabbitmq.pid"));
        environment.put("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf"));
        environment.put("RABBITMQ_CONF_ENV_FILE", at("env.conf"));
        environment.put("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"));
        environment.put("ERL_CRASH_DUMP", at("crash.dump"));
        return environment;
    }

    private String name() {
        return "bq" + port + "@localhost";
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }
}
