package io.backgroundqueue.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.inmemory.ManualTime;
import io.backgroundqueue.redis.PlantedDuty;
import io.backgroundqueue.spi.WireFormat;
import io.backgroundqueue.testkit.Rule;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule holds in the main code of all modules on the class path, and finds what was planted to break it. */
class ArchitectureTest {
    private static JavaClasses main;
    private static JavaClasses tests;
    private static JavaClasses planted;

    @BeforeAll
    static void readClasses() throws URISyntaxException {
        Path own = Path.of(ArchitectureTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        JavaClasses all = new ClassFileImporter().importPackages("io.backgroundqueue");
        main = all.that(describe("are no tests", type -> !isIn(own, type)));
        JavaClasses here = all.that(describe("are tests", type -> isIn(own, type)));
        planted = here.that(describe("are planted", ArchitectureTest::isPlanted));
        tests = here.that(describe("are not planted", type -> !isPlanted(type)));
    }

    private static boolean isIn(Path folder, JavaClass type) {
        URI source = type.getSource().orElseThrow().getUri();
        return source.getScheme().equals("file") && Path.of(source).startsWith(folder);
    }

    private static boolean isPlanted(JavaClass type) {
        return type.getSimpleName().startsWith("Planted");
    }

    static Stream<Arguments> rules() {
        return Stream.of(
                rule(
                        "the seam stands on the user's value types",
                        Rules.THE_SEAM_STANDS_ON_THE_USERS_VALUE_TYPES,
                        "PlantedSharedPart.knowsTheEngine"),
                rule(
                        "only the wire format and the JSON codec read JSON",
                        Rules.ONLY_THE_WIRE_FORMAT_READS_JSON,
                        "PlantedSharedPart.readsJson",
                        "PlantedUserType.showsAClientsType"),
                rule(
                        "the user's package knows neither seam nor engine",
                        Rules.THE_USERS_PACKAGE_KNOWS_NOBODY,
                        "PlantedUserType.knowsTheSeam",
                        "PlantedUserType.knowsTheEngine"),
                rule(
                        "the core has four libraries",
                        Rules.THE_CORE_HAS_FOUR_LIBRARIES,
                        "PlantedUserType.knowsAnotherLibrary"),
                rule(
                        "nobody outside uses the engine",
                        Rules.NOBODY_OUTSIDE_USES_THE_ENGINE,
                        "PlantedDuty.usesTheEngine"),
                rule(
                        "a driver starts no thread and has no clock of its own",
                        Rules.A_DRIVER_STARTS_NO_THREAD_AND_HAS_NO_CLOCK,
                        "PlantedDuty.makesAThread",
                        "PlantedDuty.startsAThread",
                        "PlantedDuty.makesAPool",
                        "PlantedDuty.usesAPool",
                        "PlantedDuty.borrowsAPool",
                        "PlantedDuty.makesATimer",
                        "PlantedDuty.sleeps(",
                        "PlantedDuty.sleepsByUnit",
                        "PlantedDuty.parks",
                        "PlantedDuty.looksAtTheTimer(",
                        "PlantedDuty.looksAtTheClock",
                        "PlantedDuty.asksForNow",
                        "PlantedDuty.asksForAClock",
                        "PlantedDuty.looksAtTheTimerByReference"),
                rule(
                        "an adapter reads JSON through the wire format",
                        Rules.AN_ADAPTER_READS_JSON_THROUGH_THE_WIRE_FORMAT,
                        "PlantedDuty.readsJson"),
                rule("an adapter knows no other", Rules.AN_ADAPTER_KNOWS_NO_OTHER, "PlantedDuty.usesItsNeighbour"),
                rule("an adapter knows no test kit", Rules.AN_ADAPTER_KNOWS_NO_TEST_KIT, "PlantedDuty.usesTheTestKit"),
                rule("the test kit knows no adapter", Rules.THE_TEST_KIT_KNOWS_NO_ADAPTER, "PlantedKit.knowsAnAdapter"),
                rule(
                        "a library shows no client's types",
                        Rules.A_LIBRARY_SHOWS_NO_CLIENTS_TYPES,
                        "PlantedDuty.showsAClientsType",
                        "PlantedUserType.showsAClientsType"),
                rule("no method is synchronized", Rules.NO_METHOD_IS_SYNCHRONIZED, "PlantedUserType.locksTheWrongWay"),
                rule(
                        "nobody uses java.util.logging",
                        Rules.NOBODY_USES_JAVA_UTIL_LOGGING,
                        "PlantedUserType.logsTheWrongWay"),
                rule("a library prints nothing", Rules.A_LIBRARY_PRINTS_NOTHING, "PlantedUserType.prints"),
                rule("nobody sleeps", Rules.NOBODY_SLEEPS, "PlantedDuty.sleeps(", "PlantedDuty.sleepsByUnit"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void theMainCodeKeepsTheRule(String name, ArchRule rule, List<String> offences) {
        rule.check(main);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void theRuleFindsWhatWasPlanted(String name, ArchRule rule, List<String> offences) {
        List<String> found = rule.evaluate(planted).getFailureReport().getDetails();

        assertThat(offences).allSatisfy(offence -> assertThat(found).anyMatch(detail -> detail.contains(offence)));
    }

    @Test
    void noTestHereSleeps() {
        Rules.NOBODY_SLEEPS.check(tests);
    }

    @Test
    void whatIsCheckedIsTheWholeMainCode() {
        assertThat(main.contain(BackgroundQueue.class)).isTrue();
        assertThat(main.contain(WireFormat.class)).isTrue();
        assertThat(main.contain(ManualTime.class)).isTrue();
        assertThat(main.contain(Rule.class)).isTrue();
        assertThat(main.contain(PlantedDuty.class)).isFalse();
        assertThat(tests.contain(ArchitectureTest.class)).isTrue();
    }

    private static Arguments rule(String name, ArchRule rule, String... offences) {
        return Arguments.of(name, rule, List.of(offences));
    }
}
