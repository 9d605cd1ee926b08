package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.EnqueueInterceptor;
import io.backgroundqueue.EnqueueRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** Nothing that is printed of an exception holds a secret, wherever in it the secret is. */
class SecretsTest {
    private static final String URL = "redis://me:hunter2@host:6379";

    private final Bench bench = new Bench();

    @Test
    void aSuppressedErrorIsCleanedToo() {
        IOException error = new IOException("could not connect");
        error.addSuppressed(new IOException("could not close " + URL));

        assertThat(printed(Errors.clean(error))).doesNotContain("hunter2");
    }

    @Test
    void whatAnInterceptorThrowsIsCleanedToo() {
        bench.options(builder -> builder.intercept(new EnqueueInterceptor() {
            @Override
            public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) throws Exception {
                throw new IOException("no schema at " + URL);
            }
        }));
        EngineQueue queue = bench.queue();
        Throwable error = catchThrowable(() -> queue.enqueue("orders", "a"));
        queue.close();

        assertThat(printed(error)).contains("no schema at redis://me:***@host").doesNotContain("hunter2");
    }

    private static String printed(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
