package io.backgroundqueue.testkit.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which backend does what and how, as the backends declared it when their contracts ran: one row per adapter. Written
 * between two markers of a page, so that the page never says anything else than the code.
 */
public final class CapabilityTable {
    private static final String BEGIN = "<!-- matrix:begin -->";
    private static final String END = "<!-- matrix:end -->";

    /** Features in the order of the table; the rest is in the pages of the backends. */
    private static final List<String> COLUMNS = List.of(
            "DELAY",
            "PRIORITY",
            "ATTEMPTS",
            "DEDUPLICATION",
            "EXPIRY",
            "ORDERING_KEY",
            "FIFO",
            "CANCEL",
            "DEAD_LETTERS",
            "LEASE",
            "FENCE",
            "DURABILITY");

    private final Map<String, Row> rows = new TreeMap<>();

    private record Row(String page, Map<String, String> supports) {}

    /**
     * A table of the adapters in these reports that have a page.
     *
     * @param pages names of the backends' pages; adapters of one family, such as jdbc-h2, may share one
     */
    public CapabilityTable(List<Report> reports, Set<String> pages) {
        for (Report report : reports) {
            String family = report.adapter().split("-", 2)[0];
            String page = pages.contains(report.adapter()) ? report.adapter() : family;
            if (pages.contains(page)) {
                rows.put(report.adapter(), new Row(page, report.supports()));
            }
        }
    }

    /** The table in Markdown. */
    public String markdown() {
        List<String> lines = new ArrayList<>();
        lines.add("| Backend | "
                + String.join(
                        " | ", COLUMNS.stream().map(CapabilityTable::title).toList()) + " |");
        lines.add("|---" + "|---".repeat(COLUMNS.size()) + "|");
        rows.forEach((adapter, row) -> lines.add("| [" + adapter + "](docs/backends/" + row.page() + ".md) | "
                + String.join(
                        " | ",
                        COLUMNS.stream()
                                .map(column -> row.supports().getOrDefault(column, "?"))
                                .toList())
                + " |"));
        return String.join("\n", lines);
    }

    /** {@code page} with the table between its markers; unchanged without markers. */
    public String into(String page) {
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        return begin < 0 || end < begin
                ? page
                : page.substring(0, begin + BEGIN.length()) + "\n" + markdown() + "\n" + page.substring(end);
    }

    void write(Path page) throws IOException {
        if (Files.exists(page)) {
            Files.writeString(page, into(Files.readString(page)));
        }
    }

    private static String title(String feature) {
        return switch (feature) {
            case "FIFO" -> feature;
            case "DURABILITY" -> "survives";
            default -> feature.toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }
}
