package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.testkit.BrokerStarter.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class BrokersTest {
    private static final Map<String, String> NOTHING_SET = Map.of();

    @Test
    void aUrlInTheEnvironmentGoesBeforeAllStarters() throws Exception {
        RunningBroker found = Brokers.find(
                "redis", false, Map.of("BQ_REDIS_URL", "redis://elsewhere"), List.of(starter(Kind.CONTAINER, true)));

        assertThat(found.url()).isEqualTo("redis://elsewhere");
        assertThat(found.startedBy()).isEqualTo("given by BQ_REDIS_URL");
        assertThat(found.process()).isEmpty();
    }

    @Test
    void aContainerGoesBeforeAProcess() throws Exception {
        RunningBroker found = Brokers.find(
                "redis", false, NOTHING_SET, List.of(starter(Kind.PROCESS, true), starter(Kind.CONTAINER, true)));

        assertThat(found.startedBy()).isEqualTo("CONTAINER");
    }

    @Test
    void aProcessIsTakenWhereNoContainerCanBeStarted() throws Exception {
        RunningBroker found = Brokers.find(
                "redis", false, NOTHING_SET, List.of(starter(Kind.CONTAINER, false), starter(Kind.PROCESS, true)));

        assertThat(found.startedBy()).isEqualTo("PROCESS");
    }

    @Test
    void aMissingBrokerFailsTheTestAndSaysWhatToDo() {
        List<BrokerStarter> unable = List.of(starter(Kind.CONTAINER, false), starter(Kind.PROCESS, false));

        assertThatThrownBy(() -> Brokers.find("redis", false, NOTHING_SET, unable))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(
                        "no redis was found",
                        "BQ_REDIS_URL",
                        "install a CONTAINER",
                        "install a PROCESS",
                        "-Dbq.brokers.waived=redis");
    }

    @Test
    void anAdditionalBrokerThatIsMissingSkipsTheTestAndSaysWhy() {
        assertThatThrownBy(() -> Brokers.find("valkey", true, NOTHING_SET, List.of()))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContainingAll("no valkey was found", "BQ_VALKEY_URL");
    }

    @Test
    void thePropertyLeavesOneKindOrBoth() {
        assertThat(Brokers.kinds("")).containsExactly(Kind.CONTAINER, Kind.PROCESS);
        assertThat(Brokers.kinds("process")).containsExactly(Kind.PROCESS);
        assertThat(Brokers.kinds("container")).containsExactly(Kind.CONTAINER);
        assertThatThrownBy(() -> Brokers.kinds("docker"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("-Dbq.brokers.kind=docker", "container or process");
    }

    @Test
    void aBrokerOfATestsOwnIsStartedWithItsSettings() throws Exception {
        RunningBroker own =
                Brokers.own("redis", List.of("timeout = 1"), false, NOTHING_SET, List.of(starter(Kind.PROCESS, true)));

        assertThat(own.startedBy()).isEqualTo("PROCESS with [timeout = 1]");
    }

    @Test
    void aBrokerThatSomebodyGaveIsNotSetUpForATest() {
        assertThatThrownBy(() -> Brokers.own(
                        "redis",
                        List.of("timeout = 1"),
                        false,
                        Map.of("BQ_REDIS_URL", "redis://elsewhere"),
                        List.of(starter(Kind.PROCESS, true))))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContainingAll("BQ_REDIS_URL", "timeout = 1");
    }

    @Test
    void aStarterThatKnowsNoSettingsRefusesThem() throws Exception {
        BrokerStarter plain = new Plain();

        assertThatThrownBy(() -> plain.start(List.of("timeout = 1")))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContainingAll("Plain", "timeout = 1");
        assertThat(plain.start(List.of()).startedBy()).isEqualTo("PROCESS");
    }

    @Test
    void aTestThatWantsAToolOfABrokerWithoutOneIsSkipped() {
        assertThatThrownBy(() -> new Planted(Kind.PROCESS, true, List.of()).tool("redis-cli", "ping"))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContainingAll("PROCESS", "redis-cli");
    }

    private static BrokerStarter starter(Kind kind, boolean able) {
        return new Planted(kind, able, List.of());
    }

    /** Starts nothing, and says so. */
    private record Planted(Kind kind, boolean available, List<String> settings)
            implements BrokerStarter, RunningBroker {
        @Override
        public String broker() {
            return "redis";
        }

        @Override
        public String remedy() {
            return "install a " + kind;
        }

        @Override
        public RunningBroker start() {
            return this;
        }

        @Override
        public RunningBroker start(List<String> wanted) {
            return new Planted(kind, available, wanted);
        }

        @Override
        public String url() {
            return "redis://planted";
        }

        @Override
        public String version() {
            return "1";
        }

        @Override
        public String startedBy() {
            return kind.name() + (settings.isEmpty() ? "" : " with " + settings);
        }

        @Override
        public Optional<BrokerProcess> process() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    /** Implements only what it must. */
    private static final class Plain implements BrokerStarter {
        @Override
        public String broker() {
            return "redis";
        }

        @Override
        public Kind kind() {
            return Kind.PROCESS;
        }

        @Override
        public boolean available() {
            return true;
        }

        @Override
        public String remedy() {
            return "nothing";
        }

        @Override
        public RunningBroker start() {
            return new Planted(Kind.PROCESS, true, List.of());
        }
    }
}
