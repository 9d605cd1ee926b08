package io.backgroundqueue.brokers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The scripts that RabbitMQ itself brings, in the folder in which they find each other. What a package puts on the PATH
 * is often a wrapper, which changes the user and knows but one place for data; the scripts stand elsewhere then.
 *
 * @param folder where they are
 */
record RabbitMQScripts(Path folder) {
    private static final String SERVER = "rabbitmq-server";

    /** Where Debian, Fedora and their kin put them; the PATH of a plain user there does not even have the wrapper. */
    private static final Path PACKAGED = Path.of("/usr/lib/rabbitmq/bin");

    /** Those of the PATH. */
    static Optional<RabbitMQScripts> find() {
        return installed(System.getenv().getOrDefault("PATH", ""), PACKAGED);
    }

    /** Those in, or linked from, the folders of this PATH, else those in the place of a package. */
    static Optional<RabbitMQScripts> installed(String path, Path packaged) {
        Stream<Path> linked = Stream.of(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .flatMap(folder -> real(Path.of(folder, SERVER)).stream());
        return Stream.concat(linked, Stream.of(packaged))
                .filter(folder -> Files.isExecutable(folder.resolve(SERVER)))
                .filter(folder -> Files.isReadable(folder.resolve("rabbitmq-env")))
                .findFirst()
                .map(RabbitMQScripts::new);
    }

    /** A script with nothing in its environment about any other node. */
    ProcessBuilder script(String name, Map<String, String> environment, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of(folder.resolve(name).toString()));
        words.addAll(arguments);
        ProcessBuilder command = new ProcessBuilder(words);
        command.environment().keySet().removeIf(key -> key.startsWith("RABBITMQ_") || key.startsWith("ERL_"));
        command.environment().putAll(environment);
        return command;
    }

    private static Optional<Path> real(Path program) {
        try {
            return Optional.ofNullable(program.toRealPath().getParent());
        } catch (IOException missing) {
            return Optional.empty();
        }
    }
}
