package io.backgroundqueue.testkit;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.containers.wait.strategy.WaitStrategy;
import org.testcontainers.images.builder.Transferable;

/**
 * Starts a broker in a container. An adapter extends it with a constructor that names image, ports and URL.
 *
 * <p>Ports on the host are free ones chosen beforehand, so that a broker that is stopped and started again is where it
 * was, and may be told its own address. In texts, <code>{host}</code> stands for the engine's host and
 * <code>{5672}</code> for the host's port of the container's port 5672. Not thread-safe.
 */
public class ContainerStarter implements BrokerStarter {
    /** The system property that replaces the image of {@code redis} is {@code bq.image.redis}. */
    public static final String IMAGE = "bq.image.";

    private final String broker;
    private final String image;
    private final List<Integer> ports = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private List<String> command = List.of();
    private List<String> versionCommand = List.of();
    private WaitStrategy ready = Wait.forListeningPort();
    private String url = "{host}";
    private Optional<String> settingsFile = Optional.empty();
    private Optional<String> settingsOption = Optional.empty();

    /** A broker and the image that it is started from, unless {@link #IMAGE} says otherwise. */
    public ContainerStarter(String broker, String image) {
        this.broker = broker;
        this.image = System.getProperty(IMAGE + broker, image);
    }

    /** Publishes a port of the container. */
    public final ContainerStarter port(int port) {
        ports.add(port);
        return this;
    }

    /** Sets a variable in the container; places are filled in. */
    public final ContainerStarter env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Runs this instead of the image's own command; places are filled in. */
    public final ContainerStarter command(String... words) {
        command = List.of(words);
        return this;
    }

    /** Waits for this after each start. Default: for the ports. */
    public final ContainerStarter readyWhen(WaitStrategy strategy) {
        ready = strategy;
        return this;
    }

    /** Where the broker is; places are filled in. */
    public final ContainerStarter url(String text) {
        url = text;
        return this;
    }

    /** A file that the broker reads: settings are lines in it. Default: it takes none. */
    public final ContainerStarter settingsIn(String path) {
        settingsFile = Optional.of(path);
        return this;
    }

    /** The option of {@link #command} that each setting follows at its end. Default: it takes none. */
    public final ContainerStarter settingsAfter(String option) {
        settingsOption = Optional.of(option);
        return this;
    }

    /** A command in the container whose first line of output is the broker's version. Default: the image's tag. */
    public final ContainerStarter version(String... words) {
        versionCommand = List.of(words);
        return this;
    }

    @Override
    public final String broker() {
        return broker;
    }

    @Override
    public final Kind kind() {
        return Kind.CONTAINER;
    }

    @Override
    public final boolean available() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    @Override
    public final String remedy() {
        return "start Docker or Podman, which then runs " + image;
    }

    @Override
    public final RunningBroker start() throws Exception {
        return start(List.of());
    }

    @Override
    public final RunningBroker start(List<String> settings) throws Exception {
        if (!settings.isEmpty() && settingsFile.isEmpty() && settingsOption.isEmpty()) {
            throw new UnsupportedOperationException(
                    broker + " takes no settings in a container, such as " + settings.get(0));
        }
        Map<String, String> places = places();
        GenericContainer<?> container = new GenericContainer<>(image);
        if (!settings.isEmpty()) {
            settingsFile.ifPresent(
                    file -> container.withCopyToContainer(Transferable.of(String.join("\n", settings) + "\n"), file));
        }
        environment.forEach((name, value) -> container.withEnv(name, filled(value, places)));
        List<String> words = words(settings);
        if (!words.isEmpty()) {
            container.withCommand(
                    words.stream().map(word -> filled(word, places)).toArray(String[]::new));
        }
        container.withExposedPorts(ports.toArray(Integer[]::new));
        container.setPortBindings(ports.stream()
                .map(port -> places.get(String.valueOf(port)) + ":" + port)
                .toList());
        container.waitingFor(ready).withStartupTimeout(Duration.ofMinutes(3));
        container.start();
        return new ContainerBroker(container, ready, filled(url, places), versionOf(container), image);
    }

    private List<String> words(List<String> settings) {
        List<String> words = new ArrayList<>(command);
        settingsOption.ifPresent(option -> settings.forEach(setting -> words.addAll(List.of(option, setting))));
        return words;
    }

    private Map<String, String> places() throws IOException {
        Map<String, String> places = new TreeMap<>();
        places.put("host", DockerClientFactory.instance().dockerHostIpAddress());
        for (int port : ports) {
            places.put(String.valueOf(port), String.valueOf(freePort()));
        }
        return places;
    }

    private String versionOf(GenericContainer<?> container) throws IOException, InterruptedException {
        if (versionCommand.isEmpty()) {
            return image.substring(image.lastIndexOf(':') + 1);
        }
        return container
                .execInContainer(versionCommand.toArray(String[]::new))
                .getStdout()
                .lines()
                .findFirst()
                .orElse("unknown");
    }

    static String filled(String text, Map<String, String> places) {
        String filled = text;
        for (Map.Entry<String, String> place : places.entrySet()) {
            filled = filled.replace("{" + place.getKey() + "}", place.getValue());
        }
        return filled;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
