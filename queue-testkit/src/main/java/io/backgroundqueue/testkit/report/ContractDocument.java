package io.backgroundqueue.testkit.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules of {@code docs/contract.md}, in its order. A rule begins a line with its number in bold and ends at the next
 * rule, heading or blank line.
 *
 * @param rules the text of each rule by its number
 */
public record ContractDocument(Map<String, String> rules) {
    private static final Pattern RULE = Pattern.compile(
            "^\\*\\*(\\d+\\.\\d+)\\*\\* (.+?)(?=\\n\\*\\*\\d+\\.\\d+\\*\\* |\\n#|\\n\\s*\\n|\\z)",
            Pattern.MULTILINE | Pattern.DOTALL);

    /** Reads the document. */
    public static ContractDocument read(Path file) {
        try {
            return parse(Files.readString(file));
        } catch (IOException failed) {
            throw new UncheckedIOException("The contract " + file + " could not be read", failed);
        }
    }

    /** Reads the document's text; a number used twice is an error. */
    public static ContractDocument parse(String text) {
        Map<String, String> rules = new LinkedHashMap<>();
        Matcher rule = RULE.matcher(text.replace("\r\n", "\n"));
        while (rule.find()) {
            String before = rules.put(rule.group(1), rule.group(2).strip().replaceAll("\\s*\\n\\s*", " "));
            if (before != null) {
                throw new IllegalArgumentException("The contract has the rule " + rule.group(1) + " twice");
            }
        }
        return new ContractDocument(rules);
    }

    /** What the rule demands, without its intent. */
    public String obligation(String rule) {
        return rules.getOrDefault(rule, "**not in the contract**").replaceFirst("\\s*\\*Intent:.*", "");
    }

    /** Whether the document says that this rule has no test, and why. */
    public boolean untested(String rule) {
        return rules.getOrDefault(rule, "").contains("untested because");
    }
}
