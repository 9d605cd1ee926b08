package io.backgroundqueue.spi;

import io.backgroundqueue.QueueException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A URL that configures a queue or a store: {@code scheme:address?name=value&…}. Strict: whoever opens it takes the
 * parameters it knows, and {@link #requireAllTaken()} refuses what is left. Nothing it prints holds a password. Not
 * thread-safe.
 */
public final class QueueUrl {
    private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*):(.*)", Pattern.DOTALL);
    private static final Pattern PASSWORD = Pattern.compile("(//[^:/@?\\s]*):\\S*@");

    /** What somebody wrote who forgot the scheme. */
    private static final Pattern NO_SCHEME = Pattern.compile("(^|[\\s'\"])([^\\s/:@'\"]+):[^\\s/@]+@");

    private static final Pattern SECRET =
            Pattern.compile("(?i)([?&;][^=&]*(?:password|passwd|pwd|secret|token|credential|key|store)[^=&]*)=[^&]*");
    private static final Pattern SIMPLE_DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");

    private final String text;
    private final String scheme;
    private final String address;
    private final Map<String, String> parameters;
    private final Set<String> taken = new TreeSet<>();

    private QueueUrl(String text, String scheme, String address, Map<String, String> parameters) {
        this.text = text;
        this.scheme = scheme;
        this.address = address;
        this.parameters = parameters;
    }

    /**
     * Reads a URL.
     *
     * @throws QueueException of kind INVALID if it has no scheme, or a parameter twice
     */
    public static QueueUrl parse(String text) {
        Matcher matcher = SCHEME.matcher(text);
        if (!matcher.matches()) {
            throw QueueException.invalid("'" + redact(text) + "' is not a queue URL. It begins with a scheme, such as"
                    + " memory: or redis://localhost:6379");
        }
        String rest = matcher.group(2);
        int query = rest.indexOf('?');
        return new QueueUrl(
                text,
                matcher.group(1).toLowerCase(Locale.ROOT),
                query < 0 ? rest : rest.substring(0, query),
                query < 0 ? Map.of() : parameters(rest.substring(query + 1), text));
    }

    /** The scheme, in lower case. */
    public String scheme() {
        return scheme;
    }

    /** All between the scheme's colon and the question mark, undecoded; may hold a password. */
    public String address() {
        return address;
    }

    /** The host part, without user and path; empty where there is none. */
    public String hosts() {
        String authority = authority();
        return authority.substring(authority.lastIndexOf('@') + 1);
    }

    /** User and password as written before the {@code @}, undecoded. */
    public Optional<String> userInfo() {
        String authority = authority();
        int at = authority.lastIndexOf('@');
        return at < 0 ? Optional.empty() : Optional.of(authority.substring(0, at));
    }

    /** What follows the host, without the leading slash, decoded; for {@code memory:name} the name. */
    public String path() {
        if (!address.startsWith("//")) {
            return decoded(address);
        }
        int slash = address.indexOf('/', 2);
        return slash < 0 ? "" : decoded(address.substring(slash + 1));
    }

    /** Takes a text parameter. */
    public Optional<String> text(String name) {
        taken.add(name);
        return Optional.ofNullable(parameters.get(name));
    }

    /** Takes a whole number between {@code least} and {@code most}. */
    public OptionalInt integer(String name, int least, int most) {
        Optional<String> value = text(name);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            int number = Integer.parseInt(value.get());
            if (number >= least && number <= most) {
                return OptionalInt.of(number);
            }
        } catch (NumberFormatException notANumber) {
            throw illegal(name, value.get(), "a whole number from " + least + " to " + most, notANumber);
        }
        throw illegal(name, value.get(), "a whole number from " + least + " to " + most, null);
    }

    /** Takes a duration such as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 1d}, or ISO-8601. */
    public Optional<Duration> duration(String name) {
        return text(name).map(value -> parseDuration(name, value));
    }

    /** Takes {@code true} or {@code false}. */
    public Optional<Boolean> flag(String name) {
        return text(name).map(value -> {
            if (!value.equals("true") && !value.equals("false")) {
                throw illegal(name, value, "true or false", null);
            }
            return value.equals("true");
        });
    }

    /**
     * Refuses parameters that nobody took.
     *
     * @throws QueueException of kind INVALID naming them, and those that are known
     */
    public void requireAllTaken() {
        Set<String> unknown = new TreeSet<>(parameters.keySet());
        unknown.removeAll(taken);
        if (!unknown.isEmpty()) {
            throw QueueException.invalid("The URL " + this + " has the unknown parameter"
                    + (unknown.size() > 1 ? "s " : " ") + String.join(", ", shown(unknown)) + ". Known are "
                    + String.join(", ", taken));
        }
    }

    /** The half of a password that has a question mark in it looks like a parameter. */
    private static List<String> shown(Set<String> names) {
        return names.stream().map(name -> name.contains("@") ? "***" : name).toList();
    }

    /** The URL without its secrets. */
    @Override
    public String toString() {
        return redact(text);
    }

    /** Any text without the passwords and secrets that URLs in it carry. */
    public static String redact(String text) {
        String passwords = PASSWORD.matcher(text).replaceAll("$1:***@");
        String users = NO_SCHEME.matcher(passwords).replaceAll("$1$2:***@");
        return SECRET.matcher(users).replaceAll("$1=***");
    }

    private String authority() {
        if (!address.startsWith("//")) {
            return "";
        }
        int slash = address.indexOf('/', 2);
        return slash < 0 ? address.substring(2) : address.substring(2, slash);
    }

    private static Map<String, String> parameters(String query, String text) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            if (parameters.put(name, equals < 0 ? "" : decoded(pair.substring(equals + 1))) != null) {
                throw QueueException.invalid("The URL " + redact(text) + " has the parameter " + name + " twice");
            }
        }
        return parameters;
    }

    private Duration parseDuration(String name, String value) {
        String expected = "a duration such as 500ms, 30s, 5m, 2h or 1d";
        Matcher simple = SIMPLE_DURATION.matcher(value);
        try {
            if (!simple.matches()) {
                return Duration.parse(value);
            }
            long amount = Long.parseLong(simple.group(1));
            return switch (simple.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofDays(amount);
            };
        } catch (DateTimeParseException | ArithmeticException notADuration) {
            throw illegal(name, value, expected, notADuration);
        }
    }

    private QueueException illegal(
            String name, String value, String expected, @org.jspecify.annotations.Nullable Throwable cause) {
        return new QueueException(
                QueueException.Kind.INVALID,
                "The parameter " + name + "=" + value + " of " + this + " is not " + expected,
                null,
                cause);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException broken) {
            throw QueueException.invalid("'" + redact(text) + "' is not percent-encoded as it should be in a URL: write"
                    + " a percent sign as %25");
        }
    }
}
