// The floor: returns every byte, with one thread and epoll. No program in user space can do the same work for much less.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

// What the kernel did not take yet, per file descriptor.
struct rest {
  char *bytes;
  size_t at, length;
};

static struct rest *rests;
static char buffer[256 * 1024];
static int epoll_fd;

static void end(int fd) {
  free(rests[fd].bytes);
  rests[fd] = (struct rest){0};
  close(fd);
}

static void keep(int fd, const char *from, size_t length) {
  rests[fd] = (struct rest){malloc(length), 0, length};
  if (!rests[fd].bytes) abort();
  memcpy(rests[fd].bytes, from, length);
}

/** Returns false while the kernel takes no more. */
static int write_rest(int fd) {
  struct rest *rest = &rests[fd];
  while (rest->at < rest->length) {
    ssize_t written = send(fd, rest->bytes + rest->at, rest->length - rest->at, MSG_NOSIGNAL);
    if (written < 0) return 0;
    rest->at += (size_t)written;
  }
  free(rest->bytes);
  *rest = (struct rest){0};
  return 1;
}

static void echo(int fd) {
  while (!rests[fd].length) {
    ssize_t length = recv(fd, buffer, sizeof buffer, 0);
    if (length == 0 || (length < 0 && errno != EAGAIN)) return end(fd);
    if (length < 0) return;
    ssize_t written = send(fd, buffer, (size_t)length, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) return end(fd);
    if (written < length) keep(fd, buffer + (written > 0 ? written : 0), (size_t)(length - (written > 0 ? written : 0)));
    if ((size_t)length < sizeof buffer) return;
  }
}

static void watch(int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(int listener) {
  int on = 1;
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  }
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  signal(SIGUSR2, SIG_IGN);
  rests = calloc(limit.rlim_cur, sizeof *rests);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (!rests || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  epoll_fd = epoll_create1(0);
  watch(listener, EPOLLIN);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (struct epoll_event events[256];;) {
    int count = epoll_wait(epoll_fd, events, 256, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(fd);
      else if (!rests[fd].length || write_rest(fd)) echo(fd);
    }
  }
}
