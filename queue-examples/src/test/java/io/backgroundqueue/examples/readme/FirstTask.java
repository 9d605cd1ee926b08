package io.backgroundqueue.examples.readme;

// snippet: first task
import io.backgroundqueue.*;

public class FirstTask {
    record RunStats(int steps, int tokens) {}

    public static void main(String[] args) {
        BackgroundQueue queue = BackgroundQueues.open("memory:");
        queue.consume("analytics", RunStats.class, task -> System.out.println("stored " + task.payload()));
        queue.enqueue("analytics", new RunStats(12, 3400), EnqueueOptions.DEFAULT.priority(9));
    }
}
// end
