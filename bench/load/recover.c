// Everybody is in a room of the hub, is cut off, and comes back with session and position (docs/wire/hub-v1.md, Recovery): how long until
// the last one has every message that it missed. The publisher stays.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

#define KNOWN 5      // messages that everybody has before the line is cut
#define AT_ONCE 400  // connections under way at the same time: fewer than a server's backlog, whose overflow costs a second
#define OPAQUE 129   // bytes of an opaque text of the hub, with its zero

struct identity {
  char id[OPAQUE], resume[OPAQUE], position[OPAQUE];
  bool is_back;
  uint64_t back_at;
  char text[512];
};

static uint32_t complete_count, wanted;

/** Copies the text that follows `"name":"`; false when there is none. */
static bool copy_text(const char *json, const char *name, char to[OPAQUE]) {
  char key[32];
  int length = snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *from = strstr(json, key), *end = from ? strchr(from + length, '"') : NULL;
  if (!end || end - from - length >= OPAQUE) return false;
  snprintf(to, OPAQUE, "%.*s", (int)(end - from - length), from + length);
  return true;
}

void keep_position(struct connection *c, const char *text) {
  if (!copy_text(text, "position", c->identity->position)) fail("connection %u: a message without a position: %.200s", c->index, text);
}

const char *identity_text(struct connection *c) {
  struct identity *identity = c->identity;
  const char *text = options.setup[c->setup_step];
  if (!identity->is_back) return text;
  // What the step says, with the session or the position before its closing brace.
  int length = (int)strlen(text) - 1;
  if (c->setup_step)
    snprintf(identity->text, sizeof identity->text, "%.*s,\"position\":\"%s\"}", length, text, identity->position);
  else
    snprintf(identity->text, sizeof identity->text, "%.*s,\"session\":{\"id\":\"%s\",\"resume\":\"%s\"}}", length, text, identity->id, identity->resume);
  return identity->text;
}

static void answered(struct connection *c, const char *text) {
  struct identity *identity = c->identity;
  if (!c->setup_step) {
    if (identity->is_back && !strstr(text, "\"resumed\":true")) fail("connection %u: its session is gone: %.200s", c->index, text);
    if (!copy_text(text, "id", identity->id) || !copy_text(text, "resume", identity->resume)) fail("no session: %.200s", text);
    return;
  }
  if (!identity->is_back) return keep_position(c, text);
  if (!strstr(text, "\"recovered\":true")) fail("connection %u: not recovered: %.200s", c->index, text);
}

static void received(struct connection *c, uint64_t now) {
  if (c->received != wanted) return;
  complete_count++;
  if (c->identity->is_back) record_latency(now - c->identity->back_at);
}

/** Publishes and waits until the first `count` connections have all that was published. */
static void publish_for(uint32_t messages, uint32_t count) {
  complete_count = 0;
  wanted += messages;
  progress_at = now_ns();
  for (uint32_t n = 0; n < messages; n++) send_message(&connections[0]);
  while (complete_count < count) {
    turn(100);
    guard("waiting for what was published");
  }
}

/** A reset: what a network that goes away looks like at best. */
static void cut(struct connection *c) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  finish_connection(c);
}

void run_recover(void) {
  behaviour = (struct behaviour){.opened = count_open, .received = received, .closed = count_closed, .answered = answered};
  struct identity *identities = calloc(options.connections, sizeof *identities);
  if (!identities) fail("no memory");
  for (uint32_t i = 0; i < options.connections; i++) connections[i].identity = &identities[i];
  open_all(0, options.connections, 64);
  publish_for(KNOWN, options.connections);
  for (uint32_t i = 1; i < options.connections; i++) cut(&connections[i]);
  serve_for(0.3);
  publish_for(options.missed, 1);
  serve_for(options.warmup);

  clear_latencies();
  complete_count = 0;
  totals = (struct totals){0};
  struct snapshot from = take_snapshot();
  for (uint32_t i = 1; i < options.connections; i++) identities[i].is_back = true, identities[i].back_at = from.time;
  open_all(1, options.connections, AT_ONCE);
  while (complete_count < options.connections - 1) {
    turn(100);
    guard("waiting for what was missed");
  }
  struct snapshot to = take_snapshot();
  report(from, to, options.connections - 1);
  report_latency();
  printf(",\"lastMilliseconds\":%.1f", (double)(to.time - from.time) / 1e6);
  publish_for(1, options.connections);
  close_all(options.connections);
  printf("}\n");
}
