package io.backgroundqueue.model;

import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Scope;
import io.backgroundqueue.model.Operation.Answer;
import io.backgroundqueue.model.Operation.Draft;
import io.backgroundqueue.model.Operation.Verdict;
import io.backgroundqueue.model.Operation.When;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes the steps of a walk: the same for the same seed, and the first of a longer walk for a shorter one. */
final class Generator {
    private static final List<Verdict> VERDICTS = List.of(Verdict.values());
    private static final List<DeadReason> REASONS = List.of(DeadReason.values());

    private final Random random;
    private int numbers;

    private Generator(long seed) {
        this.random = new Random(seed);
    }

    static List<Operation> walk(long seed, int steps) {
        Generator generator = new Generator(seed);
        List<Operation> walk = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
            walk.add(generator.step());
        }
        return walk;
    }

    private Operation step() {
        int dice = random.nextInt(100);
        if (dice < 28) {
            return send();
        } else if (dice < 50) {
            return new Operation.Receive(any(), random.nextInt(6));
        } else if (dice < 70) {
            return settle();
        } else if (dice < 82) {
            return new Operation.Pass(passing());
        }
        return rare(dice);
    }

    private Operation rare(int dice) {
        if (dice < 86) {
            return new Operation.Extend(any());
        } else if (dice < 89) {
            return new Operation.Cancel(topic(), "t" + random.nextInt(numbers + 1));
        } else if (dice < 91) {
            return new Operation.SendAgain(topic(), any());
        } else if (dice < 95) {
            return new Operation.Replay(topic(), 1 + random.nextInt(4), 1 + random.nextInt(2));
        } else if (dice < 97) {
            return new Operation.PurgeLetter(topic(), 1 + random.nextInt(3));
        } else if (dice < 98) {
            return new Operation.Park(any());
        } else if (dice < 99) {
            return new Operation.Reopen(any());
        }
        return new Operation.Purge(topic(), random.nextInt(3) == 0 ? Scope.READY : Scope.DEAD);
    }

    private Operation send() {
        List<Draft> drafts = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            drafts.add(draft());
        }
        return new Operation.Send(drafts);
    }

    private Draft draft() {
        boolean keyed = random.nextInt(4) == 0;
        When when = random.nextInt(10) < 7 ? When.NOW : random.nextBoolean() ? When.AFTER : When.AT;
        return new Draft(
                numbers++,
                topic(),
                when,
                random.nextInt(40_000) - (when == When.AT ? 10_000 : 0),
                keyed ? 0 : priority(),
                keyed ? "k" + random.nextInt(3) : "",
                random.nextInt(4) == 0 ? "d" + random.nextInt(5) : "",
                Duration.ofMillis(20_000 + random.nextInt(60_000)));
    }

    private int priority() {
        return random.nextInt(3) == 0 ? random.nextInt(10) : random.nextBoolean() ? 9 : 0;
    }

    private Operation settle() {
        List<Answer> answers = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            Verdict verdict = random.nextInt(3) == 0 ? Verdict.ACK : one(VERDICTS);
            int millis = random.nextBoolean() ? 0 : random.nextInt(30_000);
            answers.add(new Answer(any(), verdict, millis, one(REASONS), random.nextInt(5) == 0));
        }
        return new Operation.Settle(any(), answers);
    }

    /** Moments, the time of a delay, of a lease, of a window. */
    private Duration passing() {
        int most = new int[] {20, 3_000, 15_000, 60_000}[random.nextInt(4)];
        return Duration.ofMillis(random.nextInt(most));
    }

    private String topic() {
        return World.TOPICS.get(random.nextInt(3) == 0 ? 1 : 0);
    }

    private <T> T one(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private int any() {
        return random.nextInt(1_000);
    }
}
