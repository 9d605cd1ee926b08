package io.backgroundqueue.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Sender;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The house rules that byte code shows. */
final class Rules {
    private static final String USER = "io.backgroundqueue";
    private static final String SPI = "io.backgroundqueue.spi..";
    private static final String INTERNAL = "io.backgroundqueue.internal..";
    private static final String TESTKIT = "io.backgroundqueue.testkit..";
    private static final String[] ADAPTERS = Stream.of("inmemory", "redis", "kafka", "rabbitmq", "sqs", "jdbc")
            .map(Rules::adapter)
            .toArray(String[]::new);
    private static final String[] JSON = {"tools.jackson..", "com.fasterxml..", "com.google.gson..", "jakarta.json.."};

    private static final DescribedPredicate<JavaClass> IN_AN_ADAPTER = resideInAnyPackage(ADAPTERS);
    private static final DescribedPredicate<JavaClass> PART_OF_A_DRIVER = IN_AN_ADAPTER
            .or(assignableTo(Sender.class))
            .or(assignableTo(Receiver.class))
            .or(assignableTo(Duty.class))
            .or(assignableTo(DeadLetterCursor.class))
            .or(assignableTo(KeyValueStore.class))
            .as("parts of a driver or store");
    private static final DescribedPredicate<JavaClass> FOR_APPLICATIONS_AND_THEIR_TESTS = describe(
            "builders, TestQueue and ManualTime",
            type -> IN_AN_ADAPTER.test(type)
                    && (outermost(type).endsWith("BackgroundQueue")
                            || Set.of("TestQueue", "ManualTime").contains(outermost(type))));

    static final ArchRule THE_SEAM_STANDS_ON_THE_USERS_VALUE_TYPES = classes()
            .that()
            .resideInAPackage(SPI)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(USER, SPI, "java..", "org.jspecify..", "tools.jackson.."));

    static final ArchRule ONLY_THE_WIRE_FORMAT_READS_JSON = noClasses()
            .that(resideInAPackage(SPI).or(resideInAPackage(INTERNAL)).or(resideInAPackage(USER)))
            .and(describe(
                    "are neither JsonCodec nor WireFormat",
                    type -> !Set.of("JsonCodec", "WireFormat").contains(outermost(type))))
            .should()
            .dependOnClassesThat(resideInAnyPackage(JSON));

    static final ArchRule THE_USERS_PACKAGE_KNOWS_NOBODY = noClasses()
            .that()
            .resideInAPackage(USER)
            .and()
            .doNotHaveSimpleName("BackgroundQueues")
            .should()
            .dependOnClassesThat(resideInAnyPackage(SPI, INTERNAL));

    static final ArchRule THE_CORE_HAS_FOUR_LIBRARIES = classes()
            .that(resideInAnyPackage(USER, SPI, INTERNAL))
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    USER,
                    SPI,
                    INTERNAL,
                    "java..",
                    "org.slf4j..",
                    "org.jspecify..",
                    "com.github.f4b6a3.uuid..",
                    "tools.jackson.."));

    static final ArchRule NOBODY_OUTSIDE_USES_THE_ENGINE = noClasses()
            .that(describe(
                    "are outside queue-api",
                    type -> !resideInAnyPackage(USER, SPI, INTERNAL).test(type)))
            .and()
            .doNotHaveFullyQualifiedName("io.backgroundqueue.inmemory.TestQueue")
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL));

    static final ArchRule A_DRIVER_STARTS_NO_THREAD_AND_HAS_NO_CLOCK = noClasses()
            .that(PART_OF_A_DRIVER)
            .and(DescribedPredicate.not(resideInAnyPackage(INTERNAL, TESTKIT)))
            .and(DescribedPredicate.not(FOR_APPLICATIONS_AND_THEIR_TESTS))
            .should()
            .accessTargetWhere(describe("is a thread, a pause or a clock of its own", Rules::isThreadPauseOrClock));

    static final ArchRule AN_ADAPTER_READS_JSON_THROUGH_THE_WIRE_FORMAT =
            noClasses().that(IN_AN_ADAPTER).should().dependOnClassesThat(resideInAnyPackage(JSON));

    static final ArchRule AN_ADAPTER_KNOWS_NO_OTHER =
            classes().that(IN_AN_ADAPTER).should(dependOnNoOtherAdapter()).allowEmptyShould(true);

    static final ArchRule AN_ADAPTER_KNOWS_NO_TEST_KIT =
            noClasses().that(IN_AN_ADAPTER).should().dependOnClassesThat(resideInAPackage(TESTKIT));

    static final ArchRule THE_TEST_KIT_KNOWS_NO_ADAPTER =
            noClasses().that().resideInAPackage(TESTKIT).should().dependOnClassesThat(IN_AN_ADAPTER);

    static final ArchRule A_LIBRARY_SHOWS_NO_CLIENTS_TYPES = classes()
            .that(resideInAnyPackage(USER, SPI).or(IN_AN_ADAPTER))
            .and(describe(
                    "are no builders and not JsonCodec",
                    type -> !FOR_APPLICATIONS_AND_THEIR_TESTS.test(type)
                            && !outermost(type).equals("JsonCodec")))
            .should(showNoForeignTypes());

    static final ArchRule NO_METHOD_IS_SYNCHRONIZED = methods().should().notHaveModifier(JavaModifier.SYNCHRONIZED);

    static final ArchRule NOBODY_USES_JAVA_UTIL_LOGGING =
            noClasses().should().dependOnClassesThat(resideInAPackage("java.util.logging.."));

    static final ArchRule A_LIBRARY_PRINTS_NOTHING = noClasses()
            .that(resideInAnyPackage(USER, SPI, INTERNAL).or(IN_AN_ADAPTER))
            .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);

    /** But the worker process of the kit, whose handlers are told how long to take. */
    static final ArchRule NOBODY_SLEEPS = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.backgroundqueue.testkit.WorkerProcessMain")
            .should()
            .accessTargetWhere(describe(
                    "is a sleep",
                    access -> access.getName().equals("sleep") && owner(access, Thread.class, TimeUnit.class)));

    private Rules() {}

    private static String adapter(String name) {
        return USER + "." + name + "..";
    }

    private static String outermost(JavaClass type) {
        return type.getEnclosingClass().map(Rules::outermost).orElse(type.getSimpleName());
    }

    private static boolean isThreadPauseOrClock(JavaAccess<?> access) {
        String name = access.getName();
        boolean constructor = name.equals("<init>");
        return (owner(access, Thread.class, Timer.class) && (constructor || name.startsWith("start")))
                || owner(access, Executors.class)
                || access.getTargetOwner().isAssignableTo(Executor.class)
                || (owner(access, CompletableFuture.class) && name.endsWith("Async"))
                || (owner(access, Thread.class, TimeUnit.class) && name.equals("sleep"))
                || owner(access, LockSupport.class)
                || (owner(access, System.class)
                        && Set.of("nanoTime", "currentTimeMillis").contains(name))
                || (owner(access, Instant.class) && name.equals("now"))
                || owner(access, Clock.class);
    }

    private static boolean owner(JavaAccess<?> access, Class<?>... types) {
        return Stream.of(types).anyMatch(type -> access.getTargetOwner().isEquivalentTo(type));
    }

    private static ArchCondition<JavaClass> dependOnNoOtherAdapter() {
        return new ArchCondition<>("depend on no other adapter") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                type.getDirectDependenciesFromSelf().stream()
                        .filter(dependency -> IN_AN_ADAPTER.test(dependency.getTargetClass()))
                        .filter(dependency ->
                                !dependency.getTargetClass().getPackageName().equals(type.getPackageName()))
                        .forEach(dependency ->
                                events.add(SimpleConditionEvent.violated(type, dependency.getDescription())));
            }
        };
    }

    private static ArchCondition<JavaClass> showNoForeignTypes() {
        return new ArchCondition<>("show types of the JDK and of this library only") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (shown(type)) {
                    type.getMembers().stream()
                            .filter(Rules::shown)
                            .forEach(member -> member.getAllInvolvedRawTypes().stream()
                                    .filter(used -> !ours(used))
                                    .forEach(used -> events.add(SimpleConditionEvent.violated(
                                            member, member.getFullName() + " shows " + used.getName()))));
                }
            }
        };
    }

    private static boolean shown(JavaClass type) {
        return shown(type.getModifiers())
                && type.getEnclosingClass().map(Rules::shown).orElse(true);
    }

    private static boolean shown(JavaMember member) {
        return shown(member.getModifiers());
    }

    private static boolean shown(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    private static boolean ours(JavaClass type) {
        JavaClass element = type.getBaseComponentType();
        return element.isPrimitive()
                || element.getPackageName().startsWith("java.")
                || element.getPackageName().equals("javax.sql")
                || element.getPackageName().equals("javax.net")
                || element.getPackageName().startsWith(USER);
    }
}
