package io.backgroundqueue.model;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One step. It says what to do in numbers that mean something in any state, so that a walk from which steps were taken is
 * still a walk.
 */
sealed interface Operation {
    /** Takes the step, and has the model check it. */
    void on(World world) throws Exception;

    /** When a task starts. */
    enum When {
        NOW,
        AFTER,
        AT
    }

    /** A task to be sent; {@code millis} before now or after. */
    record Draft(
            int number, String topic, When when, int millis, int priority, String key, String dedup, Duration window) {
        String id() {
            return "t" + number;
        }

        Envelope at(Instant now) {
            return new Envelope(
                    id(),
                    topic,
                    switch (when) {
                        case NOW -> Start.now();
                        case AFTER -> Start.after(Duration.ofMillis(millis));
                        case AT -> new Start.At(now.plusMillis(millis));
                    },
                    priority,
                    number % 2 == 0 ? Map.of() : Map.of("number", id()),
                    Bytes.wrap(new byte[] {(byte) number, 0, (byte) 0xFF}),
                    dedup.isEmpty() ? Optional.empty() : Optional.of(new Deduplication(dedup, window)),
                    key.isEmpty() ? Optional.empty() : Optional.of(key),
                    number % 3 == 0 ? OptionalInt.empty() : OptionalInt.of(number % 3),
                    number % 5 == 0 ? Optional.of(Duration.ofHours(1)) : Optional.empty(),
                    now);
        }

        @Override
        public String toString() {
            return id() + " to " + topic + (when == When.NOW ? "" : " " + when + " " + millis + " ms")
                    + (priority == 0 ? "" : " priority " + priority) + (key.isEmpty() ? "" : " key " + key)
                    + (dedup.isEmpty() ? "" : " dedup " + dedup + " for " + window);
        }
    }

    /** Sends a batch. */
    record Send(List<Draft> drafts) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.send(drafts.stream().map(draft -> draft.at(world.now())).toList());
        }
    }

    /** Sends a task again that is alive. */
    record SendAgain(String topic, int pick) implements Operation {
        @Override
        public void on(World world) throws Exception {
            List<Envelope> alive = world.model(topic).alive();
            if (!alive.isEmpty()) {
                world.send(List.of(alive.get(pick % alive.size())));
            }
        }
    }

    /** Receives. */
    record Receive(int slot, int max) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.receive(world.slot(slot), max);
        }
    }

    /** How a run ended. */
    enum Verdict {
        ACK,
        LATER,
        DEAD,
        RELEASE
    }

    /** One settlement of a batch; {@code keep} lets it be settled again. */
    record Answer(int pick, Verdict verdict, int millis, DeadReason reason, boolean keep) {
        Settlement to(Delivery.Task task) {
            Progress before = task.progress();
            Progress failed = new Progress(
                    before.verdicts() + 1,
                    before.failures() + 1,
                    before.interruptions() + task.starts().count(),
                    before.replayed(),
                    Optional.of("failure " + before.failures()));
            return switch (verdict) {
                case ACK -> new Settlement.Ack(task);
                case LATER -> new Settlement.Later(task, failed, Start.after(Duration.ofMillis(millis)));
                case DEAD -> new Settlement.Dead(task, failed, reason);
                case RELEASE -> new Settlement.Release(task);
            };
        }
    }

    /** Settles a batch. */
    record Settle(int slot, List<Answer> answers) implements Operation {
        @Override
        public void on(World world) throws Exception {
            Slot worker = world.slot(slot);
            List<Settlement> batch = new ArrayList<>();
            for (Answer answer : answers) {
                if (!worker.got.isEmpty()) {
                    int index = answer.pick % worker.got.size();
                    batch.add(answer.to(answer.keep ? worker.got.get(index) : worker.got.remove(index)));
                }
            }
            world.settle(worker, batch);
        }
    }

    /** Extends all that a worker got. */
    record Extend(int slot) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.extend(world.slot(slot));
        }
    }

    /** Closes a receiver and opens another. */
    record Reopen(int slot) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.slot(slot).reopen();
        }
    }

    /** Parks a receiver. */
    record Park(int slot) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.slot(slot).receiver().park();
        }
    }

    /** Cancels a task, whatever became of it. */
    record Cancel(String topic, String taskId) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.cancel(topic, taskId);
        }
    }

    /** Purges. */
    record Purge(String topic, Scope scope) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.purge(topic, scope);
        }
    }

    /** Replays letters. */
    record Replay(String topic, int count, int times) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.replay(topic, count, times);
        }
    }

    /** Purges a letter. */
    record PurgeLetter(String topic, int count) implements Operation {
        @Override
        public void on(World world) throws Exception {
            world.purgeLetter(topic, count);
        }
    }

    /** Lets time pass. */
    record Pass(Duration duration) implements Operation {
        @Override
        public void on(World world) {
            world.pass(duration);
        }
    }
}
