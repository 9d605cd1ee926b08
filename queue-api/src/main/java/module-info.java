/** The queue an application compiles against, the seam an adapter implements, and the engine between them. */
// uuid-creator names its module in its manifest only; the in-memory module is compiled after this one.
@SuppressWarnings({"requires-automatic", "module"})
module io.backgroundqueue {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires tools.jackson.core;
    requires transitive tools.jackson.databind;
    requires com.github.f4b6a3.uuid;

    exports io.backgroundqueue;
    exports io.backgroundqueue.spi;
    exports io.backgroundqueue.internal to
            io.backgroundqueue.inmemory;

    uses io.backgroundqueue.spi.QueueDriverProvider;
    uses io.backgroundqueue.spi.KeyValueStoreProvider;
}
