package io.backgroundqueue.brokers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who runs a program that refuses to be run as root: whoever runs this JVM, or {@code nobody} where that is root.
 *
 * @param prefix what stands before a command
 * @param owner whom its folders must belong to, where that is somebody else
 */
record PlainUser(List<String> prefix, Optional<String> owner) {
    private static final String NOBODY = "65534";

    /** Who that is here. */
    static PlainUser here() {
        return "root".equals(System.getProperty("user.name"))
                // It becomes the command, so that the process that we start is the one that runs.
                ? new PlainUser(
                        List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"), Optional.of(NOBODY))
                : new PlainUser(List.of(), Optional.empty());
    }

    ProcessBuilder command(String... words) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(List.of(words));
        return new ProcessBuilder(all);
    }

    /** Gives the folder, with all that is in it, to that user. */
    void own(Path folder) throws IOException {
        if (owner.isEmpty()) {
            return;
        }
        UserPrincipal user =
                folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(owner.get());
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(file -> !Files.isSymbolicLink(file)).toList()) {
                Files.setOwner(file, user);
            }
        }
    }
}
