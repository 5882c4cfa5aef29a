// Sockets and epoll. Edge-triggered for both directions, registered once: no epoll_ctl while a run is going on.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#define SOURCES 64 // addresses 127.0.0.1 to .64 that a handshake run connects from, so that ports do not run out

struct connection *connections;
uint64_t progress_at;
static int epoll_fd;
static struct connection **dirty;
static uint32_t dirty_count;
static uint8_t read_buffer[256 * 1024];

void prepare_connections(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < options.connections + 16) fail("only %lu open files are allowed", (unsigned long)limit.rlim_cur);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc(options.connections, sizeof *connections);
  dirty = calloc(options.connections, sizeof *dirty);
  if (epoll_fd < 0 || !connections || !dirty) fail("no memory for %u connections", options.connections);
  for (uint32_t i = 0; i < options.connections; i++) connections[i].index = i;
}

static void bind_source(int fd) {
  static uint32_t next;
  int on = 1;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001 + next++ % SOURCES)};
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&from, sizeof from)) fail("cannot bind a source address: %s", strerror(errno));
}

void open_connection(struct connection *c) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("no socket: %s", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Pacing congestion control (bbr) works on loopback too and would be measured; cubic does not pace.
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
  if (options.mode == MODE_HANDSHAKE) bind_source(fd);
  c->fd = fd;
  c->state = STATE_CONNECTING;
  c->head_length = 0;
  c->in_frame = c->in_message = false;
  if (connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) fail("cannot connect: %s", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) fail("epoll refuses a socket: %s", strerror(errno));
}

void finish_connection(struct connection *c) {
  tls_end(c);
  close(c->fd);
  end_inflater(c);
  c->out.length = c->out_at = c->in.length = 0;
  c->state = STATE_FREE;
  behaviour.closed(c);
}

void mark_dirty(struct connection *c) {
  if (c->is_dirty) return;
  c->is_dirty = true;
  dirty[dirty_count++] = c;
}

static void flush(struct connection *c) {
  while (c->out_at < c->out.length) {
    const uint8_t *from = c->out.bytes + c->out_at;
    size_t length = c->out.length - c->out_at;
    ssize_t written = c->tls ? tls_write(c, from, length) : send(c->fd, from, length, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EAGAIN) return; // the next edge of EPOLLOUT goes on
      if (c->state == STATE_CLOSED) break;
      fail("connection %u: cannot write: %s", c->index, strerror(errno));
    }
    c->out_at += (size_t)written;
  }
  c->out.length = c->out_at = 0;
}

void flush_dirty(void) {
  while (dirty_count) {
    struct connection *c = dirty[--dirty_count];
    c->is_dirty = false;
    if (c->state != STATE_FREE) flush(c);
  }
}

void establish(struct connection *c) {
  if (options.raw) {
    c->state = STATE_OPEN;
    behaviour.opened(c);
  } else {
    c->state = STATE_UPGRADING;
    send_request(c);
  }
}

static void go_on_opening(struct connection *c) {
  if (c->state == STATE_CONNECTING) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) fail("connection %u: cannot connect: %s", c->index, strerror(error));
    if (!options.tls) return establish(c);
    c->state = STATE_SECURING;
    tls_begin(c);
  }
  if (tls_handshake(c)) establish(c);
}

static void take(struct connection *c, const uint8_t *bytes, size_t length) {
  if (c->state == STATE_UPGRADING) {
    size_t used = read_response(c, bytes, length);
    bytes += used, length -= used;
  }
  if (length && c->state != STATE_FREE) read_frames(c, bytes, length);
}

static void read_all(struct connection *c, bool is_ending) {
  for (;;) {
    ssize_t length = c->tls ? tls_read(c, read_buffer, sizeof read_buffer) : recv(c->fd, read_buffer, sizeof read_buffer, 0);
    if (length > 0) {
      take(c, read_buffer, (size_t)length);
      if (c->state == STATE_FREE) return;
      // A short read of TCP means that nothing is left, unless the end was announced: its edge does not come again. TLS hands out records.
      if (!c->tls && !is_ending && (size_t)length < sizeof read_buffer) return;
    } else if (length == 0 || errno == ECONNRESET) {
      if (c->state != STATE_CLOSED && !(options.raw && c->state == STATE_CLOSING)) {
        fail("connection %u: the server ended it without a close frame, after %u replies", c->index, c->received);
      }
      return finish_connection(c);
    } else if (errno == EAGAIN) {
      return;
    } else {
      fail("connection %u: cannot read: %s", c->index, strerror(errno));
    }
  }
}

static void serve(struct connection *c, uint32_t events) {
  if (c->state == STATE_FREE) return;
  if (c->state == STATE_CONNECTING || c->state == STATE_SECURING) {
    if (c->state == STATE_CONNECTING && !(events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
    go_on_opening(c);
    flush_dirty();
    if (c->state == STATE_SECURING) return;
  }
  if (events & EPOLLOUT && c->out_at < c->out.length) flush(c);
  const uint32_t ending = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & (EPOLLIN | ending)) read_all(c, events & ending);
  flush_dirty();
}

void turn(int timeout_ms) {
  struct epoll_event events[256];
  flush_dirty();
  int count = epoll_wait(epoll_fd, events, 256, timeout_ms);
  if (count > 0) progress_at = now_ns();
  for (int i = 0; i < count; i++) serve(events[i].data.ptr, events[i].events);
}
