package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.brokers.RedisServer;
import io.backgroundqueue.testkit.RecordingHandler;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS with a certificate made for the test, on a port beside the plain one. */
class TlsTest {
    private static final char[] SECRET = "changeit".toCharArray();

    @TempDir
    private Path folder;

    @Test
    void aQueueSpeaksTlsWithAServerWhoseCertificateIsTrustedAndBearsItsName() throws Exception {
        KeyStore keys = certificateOf("localhost");
        int port = freePort();
        try (RedisServer server = launch(keys, port)) {
            assertThat(server.port()).isNotEqualTo(port);
            RecordingHandler<String> handler = new RecordingHandler<>();
            try (BackgroundQueue queue = RedisBackgroundQueue.builder()
                    .url("rediss://localhost:" + port)
                    .tls(trusting(keys))
                    .build()) {
                queue.consume("tls", String.class, handler);
                queue.enqueue("tls", "secret");
                handler.await(1);
            }
            assertThat(handler.payloads()).containsExactly("secret");
            assertThatThrownBy(() -> RedisBackgroundQueue.builder()
                            .address("127.0.0.1", port)
                            .tls(trusting(keys))
                            .build())
                    .as("a name that is not in the certificate")
                    .isInstanceOf(QueueException.class)
                    .hasMessageContaining("127.0.0.1");
            assertThatThrownBy(() -> RedisBackgroundQueue.builder()
                            .address("localhost", port)
                            .tls(true)
                            .build())
                    .as("an authority that nobody trusts")
                    .isInstanceOf(QueueException.class);
        }
    }

    private RedisServer launch(KeyStore keys, int port) throws Exception {
        Path certificate = pem(
                "certificate.pem", "CERTIFICATE", keys.getCertificate("redis").getEncoded());
        Path key = pem("key.pem", "PRIVATE KEY", keys.getKey("redis", SECRET).getEncoded());
        return RedisServer.launch(
                "--tls-port",
                String.valueOf(port),
                "--tls-cert-file",
                certificate.toString(),
                "--tls-key-file",
                key.toString(),
                "--tls-ca-cert-file",
                certificate.toString(),
                "--tls-auth-clients",
                "no");
    }

    private KeyStore certificateOf(String name) throws Exception {
        Path file = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "redis",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=dns:" + name,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(SECRET))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, SECRET);
        }
        return keys;
    }

    private Path pem(String name, String kind, byte[] content) throws Exception {
        String text = "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(content)
                + "\n-----END " + kind + "-----\n";
        return Files.writeString(folder.resolve(name), text);
    }

    private static SSLSocketFactory trusting(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, SECRET);
        trusted.setCertificateEntry("redis", keys.getCertificate("redis"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private static int freePort() throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
