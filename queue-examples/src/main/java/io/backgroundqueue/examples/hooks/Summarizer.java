package io.backgroundqueue.examples.hooks;

import java.util.function.Consumer;

/**
 * Some application that knows nothing of queues: it condenses texts, and calls a hook after each run and on each error.
 * It waits for its hooks, so a slow one makes its user wait.
 */
public final class Summarizer {
    private final Consumer<RunResult> afterRun;
    private final Consumer<Throwable> onError;

    /** With its two hooks. */
    public Summarizer(Consumer<RunResult> afterRun, Consumer<Throwable> onError) {
        this.afterRun = afterRun;
        this.onError = onError;
    }

    /**
     * What a run gives.
     *
     * @param summary the first sentence
     * @param sentences how many there were
     * @param characters how long the text was
     */
    public record RunResult(String summary, int sentences, int characters) {}

    /** Condenses a text; blank ones are refused. */
    public String run(String text) {
        try {
            if (text.isBlank()) {
                throw new IllegalArgumentException("there is nothing to condense");
            }
            String[] sentences = text.strip().split("(?<=[.!?])\\s+", -1);
            afterRun.accept(new RunResult(sentences[0], sentences.length, text.length()));
            return sentences[0];
        } catch (RuntimeException error) {
            onError.accept(error);
            throw error;
        }
    }
}
