package io.backgroundqueue.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LanesTest {
    @Test
    void theTenPrioritiesShareThreeFixedLanes() {
        assertThat(Lanes.COUNT).isEqualTo(3);
        assertThat(IntStream.range(0, 10).map(Lanes::of)).containsExactly(2, 2, 2, 2, 1, 1, 1, 0, 0, 0);
    }

    @Test
    void aPickerWithoutWorkPicksNothing() {
        assertThat(new LanePicker(3).pick(lane -> false)).isEqualTo(-1);
    }

    @Test
    void onePickInSixteenGoesToALowerLane() {
        List<Integer> picks = picks(new LanePicker(3), 32, 0, 2);

        assertThat(picks.subList(0, 15)).containsOnly(0);
        assertThat(picks.get(15)).isEqualTo(2);
        assertThat(picks.subList(16, 31)).containsOnly(0);
        assertThat(picks.get(31)).isEqualTo(2);
    }

    @Test
    void aLaneThatAloneHasWorkGetsEveryPick() {
        for (int lane = 0; lane < 10; lane++) {
            assertThat(picks(new LanePicker(10), 100, lane)).containsOnly(lane);
        }
    }

    @Test
    void noneOfTenLanesStarvesAndTheLowerOnesShareAlike() {
        List<Integer> picks =
                picks(new LanePicker(10), 16 * 9 * 10, IntStream.range(0, 10).toArray());

        assertThat(picks).filteredOn(lane -> lane == 0).hasSize(15 * 9 * 10);
        for (int lower = 1; lower < 10; lower++) {
            int lane = lower;
            assertThat(picks)
                    .filteredOn(picked -> picked == lane)
                    .as("lane %d", lane)
                    .hasSize(10);
        }
    }

    @Test
    void whateverComesAndGoesAboveALaneWithWorkIsServedWithinItsTurn() {
        for (long seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            LanePicker picker = new LanePicker(10);
            int since = 0;
            for (int round = 0; round < 5_000; round++) {
                int busy = random.nextInt();
                int picked = picker.pick(lane -> lane == 9 || lane == 0 || (busy >> lane & 1) == 1);
                since = picked == 9 ? 0 : since + 1;
                assertThat(since).as("picks without lane 9, seed %d", seed).isLessThan(16 * 9);
            }
        }
    }

    private static List<Integer> picks(LanePicker picker, int count, int... withWork) {
        List<Integer> picks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            picks.add(picker.pick(lane -> IntStream.of(withWork).anyMatch(one -> one == lane)));
        }
        return picks;
    }
}
