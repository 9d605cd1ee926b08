package io.backgroundqueue.testkit.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * One contract, run once against one adapter.
 *
 * @param adapter the adapter's short name
 * @param contract the contract's class
 * @param brokerVersion the broker's version
 * @param startedBy how the broker came to run
 * @param java the version of the JVM
 * @param supports how the adapter provides each feature, in a few words
 * @param tests in order of their end
 */
public record Report(
        String adapter,
        String contract,
        String brokerVersion,
        String startedBy,
        String java,
        Map<String, String> supports,
        List<Tested> tests) {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** How a test ended. */
    public enum Result {
        PASSED,
        FAILED,
        SKIPPED
    }

    /**
     * One test.
     *
     * @param rules the rules it proves
     * @param test its method
     * @param result how it ended
     * @param reason why it was skipped or failed; else empty
     * @param refusal whether it proves that something is refused
     * @param millis how long it took
     * @param notes what it counted
     */
    public record Tested(
            List<String> rules,
            String test,
            Result result,
            String reason,
            boolean refusal,
            long millis,
            Map<String, String> notes) {

        /** The same with another result. */
        public Tested as(Result other) {
            return new Tested(rules, test, other, reason, refusal, millis, notes);
        }
    }

    /** Writes it into a folder, as {@code <adapter>-<contract>.json}. */
    public void write(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve(adapter + "-" + contract + ".json"), JSON.writeValueAsBytes(this));
        } catch (IOException failed) {
            throw new UncheckedIOException("The conformance report could not be written to " + folder, failed);
        }
    }

    /** Reads what {@link #write} wrote. */
    public static Report read(Path file) {
        try {
            return JSON.readValue(Files.readAllBytes(file), Report.class);
        } catch (IOException failed) {
            throw new UncheckedIOException("The conformance report " + file + " could not be read", failed);
        }
    }
}
