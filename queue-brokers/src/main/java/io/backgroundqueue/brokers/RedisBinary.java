package io.backgroundqueue.brokers;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A redis-server that runs on this machine: of the PATH, else the one packaged in the artifact {@code embedded-redis}.
 *
 * @param origin in words
 * @param source where to take it from
 * @param version what it says of itself
 */
record RedisBinary(String origin, Source source, String version) {
    private static final Pattern VERSION = Pattern.compile("\\bv=(\\S+)");

    /** Makes the program available. */
    @FunctionalInterface
    interface Source {
        /** The program, copied into {@code folder} where it is not installed. */
        Path placedIn(Path folder) throws IOException;
    }

    /** Looked for once: trying it means running it. */
    private static final class Found {
        private static final Optional<RedisBinary> FIRST = Stream.of(
                        installed(System.getenv().getOrDefault("PATH", "")), packaged())
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** The first that runs. */
    static Optional<RedisBinary> find() {
        return Found.FIRST;
    }

    /** The one in these folders. */
    static Optional<RedisBinary> installed(String path) {
        return Stream.of(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst()
                .flatMap(program -> tried("redis-server of the PATH", folder -> program));
    }

    /** The one in the artifact. */
    static Optional<RedisBinary> packaged() {
        return resource(System.getProperty("os.name", ""), System.getProperty("os.arch", ""))
                .flatMap(name -> tried("redis-server of embedded-redis", folder -> copied(name, folder)));
    }

    private static Optional<String> resource(String system, String processor) {
        boolean arm = List.of("aarch64", "arm64").contains(processor);
        String name = system.toLowerCase(Locale.ROOT);
        if (name.startsWith("linux")) {
            return Optional.of(arm ? "redis-server-6.2.7-linux-arm64" : "redis-server-6.2.6-v5-linux-amd64");
        }
        return name.startsWith("mac")
                ? Optional.of("redis-server-6.2.6-v5-darwin-" + (arm ? "arm64" : "amd64"))
                : Optional.empty();
    }

    private static Path copied(String resource, Path folder) throws IOException {
        Path program = folder.resolve("redis-server");
        try (InputStream bytes = RedisBinary.class.getResourceAsStream("/" + resource)) {
            if (bytes == null) {
                throw new IOException("embedded-redis has no " + resource);
            }
            Files.copy(bytes, program);
        }
        if (!program.toFile().setExecutable(true)) {
            throw new IOException("no program may be executed in " + folder);
        }
        return program;
    }

    private static Optional<RedisBinary> tried(String origin, Source source) {
        try (BrokerFolder folder = BrokerFolder.create("redis-try")) {
            return version(source.placedIn(folder.path())).map(version -> new RedisBinary(origin, source, version));
        } catch (IOException unusable) {
            return Optional.empty();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static Optional<String> version(Path program) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(10, TimeUnit.SECONDS);
        Matcher matcher = VERSION.matcher(said);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
