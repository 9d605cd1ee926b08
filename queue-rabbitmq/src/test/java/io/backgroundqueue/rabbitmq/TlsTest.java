package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.ConnectionFactory;
import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.RecordingHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS to a terminator before the broker, with a certificate made for the test. */
class TlsTest {
    private static final String SECRET = "changeit";

    @TempDir
    private Path folder;

    @Test
    void aQueueSpeaksTlsIfTheCertificateIsTrustedAndBearsTheName() throws Exception {
        String plain = Brokers.shared("rabbitmq").url();
        URI address = URI.create(plain);
        String rest = address.getRawPath() == null ? "" : address.getRawPath();
        String user = address.getRawUserInfo() == null ? "" : address.getRawUserInfo() + "@";
        String topic = "tls-" + UUID.randomUUID().toString().substring(0, 8);
        KeyStore keys = certificateOf("localhost");
        try (SSLServerSocket terminator = terminator(keys)) {
            forward(terminator, address);
            RecordingHandler<String> handler = new RecordingHandler<>();
            String tail = ":" + terminator.getLocalPort() + rest;
            try (BackgroundQueue queue = RabbitMQBackgroundQueue.builder()
                    .url("amqps://" + user + "localhost" + tail)
                    .tls(trusting(keys).getSocketFactory())
                    .build()) {
                queue.consume(topic, String.class, handler);
                queue.enqueue(topic, "secret");
                handler.await(1);
            }
            assertThat(handler.payloads()).containsExactly("secret");
            assertThatThrownBy(() -> RabbitMQBackgroundQueue.builder()
                            .url("amqps://" + user + "127.0.0.1" + tail)
                            .tls(trusting(keys).getSocketFactory())
                            .build())
                    .as("a name that is not in the certificate")
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("127.0.0.1");
            assertThatThrownBy(() -> RabbitMQBackgroundQueue.builder()
                            .url("amqps://" + user + "localhost" + tail)
                            .build())
                    .as("an authority that nobody trusts")
                    .isInstanceOf(QueueException.class);
        }
        RawRabbitMQ.delete(plain, List.of(topic));
    }

    private static SSLServerSocket terminator(KeyStore keys) throws Exception {
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, SECRET.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    /** Until the terminator is closed. */
    private static void forward(SSLServerSocket terminator, URI broker) {
        int port = broker.getPort() < 0 ? ConnectionFactory.DEFAULT_AMQP_PORT : broker.getPort();
        daemon(() -> {
            while (!terminator.isClosed()) {
                Socket client = terminator.accept();
                Socket server = new Socket(broker.getHost(), port);
                daemon(() -> pipe(client, server));
                daemon(() -> pipe(server, client));
            }
        });
    }

    private static void pipe(Socket from, Socket to) throws IOException {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException ended) {
                Thread.currentThread().interrupt();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private KeyStore certificateOf(String name) throws Exception {
        Path file = folder.resolve("certificate.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        String options = "-genkeypair -alias broker -keyalg RSA -dname CN=" + name + " -ext SAN=dns:" + name
                + " -storetype PKCS12 -storepass " + SECRET + " -keystore " + file;
        List<String> command = new java.util.ArrayList<>(List.of(keytool));
        command.addAll(List.of(options.split(" ")));
        Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(made.waitFor()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, SECRET.toCharArray());
        }
        return keys;
    }

    private static SSLContext trusting(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("broker", keys.getCertificate("broker"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
