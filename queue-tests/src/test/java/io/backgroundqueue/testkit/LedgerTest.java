package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.testkit.Ledger.End;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private final Ledger ledger = new Ledger();

    @Test
    void balancesWhenEveryAcceptedTaskHasAnEnd() {
        List.of("a", "b", "c", "d", "e", "f").forEach(ledger::accepted);
        ledger.ended(End.COMPLETED, "a");
        ledger.ended(End.DEAD_LETTERED, "b");
        ledger.ended(End.EXPIRED, "c");
        ledger.ended(End.CANCELLED, "d");
        ledger.ended(End.PURGED, "e");
        ledger.ended(End.STORED, "f");

        Ledger.Balance balance = ledger.assertBalanced();

        assertThat(balance.accepted()).isEqualTo(6);
        assertThat(balance.ends().values()).containsOnly(1);
        assertThat(balance.duplicates()).isZero();
    }

    @Test
    void aTaskWithoutAnEndIsLostAndNamed() {
        ledger.accepted("found");
        ledger.accepted("nowhere");
        ledger.ended(End.COMPLETED, "found");

        assertThatThrownBy(ledger::assertBalanced)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("lost 1 [nowhere]");
    }

    @Test
    void aTaskThatNobodyHandedInIsInventedAndNamed() {
        ledger.ended(End.COMPLETED, "from nowhere");

        assertThatThrownBy(ledger::assertBalanced)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("invented 1 [from nowhere]");
    }

    @Test
    void aSendOfUnknownOutcomeMayStandOnEitherSide() {
        ledger.unknown("stored");
        ledger.unknown("not stored");
        ledger.ended(End.COMPLETED, "stored");

        Ledger.Balance balance = ledger.assertBalanced();

        assertThat(balance.unknown()).isEqualTo(2);
        assertThat(balance.unknownStored()).isEqualTo(1);
    }

    @Test
    void completionsBeyondTheFirstAreDuplicates() {
        ledger.accepted("a");
        ledger.ended(End.COMPLETED, List.of("a", "a", "a"));

        assertThat(ledger.assertBalanced().duplicates()).isEqualTo(2);
    }

    @Test
    void aTaskWithTwoEndsCountsOnceAndIsNamed() {
        ledger.accepted("a");
        ledger.ended(End.COMPLETED, "a");
        ledger.ended(End.STORED, "a");

        Ledger.Balance balance = ledger.assertBalanced();

        assertThat(balance.ends().get(End.COMPLETED)).isEqualTo(1);
        assertThat(balance.ends().get(End.STORED)).isZero();
        assertThat(balance.twofold()).containsExactly("a");
    }

    @Test
    void saysAllItsNumbersInOneLine() {
        ledger.accepted("a");
        ledger.ended(End.COMPLETED, "a");

        assertThat(ledger.balance())
                .hasToString("accepted 1 + unknown but stored 0 of 0 = completed 1 + dead_lettered 0 + expired 0"
                        + " + cancelled 0 + purged 0 + stored 0, lost 0, invented 0, duplicates 0, with two ends 0");
    }
}
