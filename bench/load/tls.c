// wss: OpenSSL over the same sockets. The server's certificate is one made for the run and is not verified.
#include "load.h"

#ifdef WITH_TLS
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *context;

void tls_begin(struct connection *c) {
  if (!context) {
    context = SSL_CTX_new(TLS_client_method());
    if (!context) fail("OpenSSL gives no context");
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  SSL *ssl = SSL_new(context);
  if (!ssl || SSL_set_fd(ssl, c->fd) != 1) fail("OpenSSL takes no connection");
  SSL_set_connect_state(ssl);
  c->tls = ssl;
}

/** Whether OpenSSL only waits for the socket; everything else ends the run. */
static void must_wait(struct connection *c, int result, const char *what) {
  int reason = SSL_get_error(c->tls, result);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return;
  fail("TLS %s failed on connection %u: %s", what, c->index, ERR_error_string(ERR_get_error(), NULL));
}

int tls_handshake(struct connection *c) {
  int result = SSL_do_handshake(c->tls);
  if (result == 1) return 1;
  must_wait(c, result, "handshake");
  return 0;
}

// Both answer as read and write do: -1 with EAGAIN when the socket is not ready, 0 at the end.
ssize_t tls_read(struct connection *c, void *to, size_t room) {
  int result = SSL_read(c->tls, to, (int)room);
  if (result > 0) return result;
  int reason = SSL_get_error(c->tls, result);
  if (reason == SSL_ERROR_ZERO_RETURN || reason == SSL_ERROR_SYSCALL || reason == SSL_ERROR_SSL) return 0;
  must_wait(c, result, "read");
  errno = EAGAIN;
  return -1;
}

ssize_t tls_write(struct connection *c, const void *from, size_t length) {
  int result = SSL_write(c->tls, from, (int)length);
  if (result > 0) return result;
  must_wait(c, result, "write");
  errno = EAGAIN;
  return -1;
}

void tls_end(struct connection *c) {
  if (c->tls) SSL_free(c->tls);
  c->tls = NULL;
  ERR_clear_error();
}
#else
void tls_begin(struct connection *c) { (void)c, fail("this generator was built without OpenSSL"); }
int tls_handshake(struct connection *c) { return (void)c, 0; }
ssize_t tls_read(struct connection *c, void *to, size_t room) { return (void)c, (void)to, (void)room, 0; }
ssize_t tls_write(struct connection *c, const void *from, size_t length) { return (void)c, (void)from, (void)length, 0; }
void tls_end(struct connection *c) { (void)c; }
#endif
