// The client's side of the opening handshake (RFC 6455 §4.1): the request, and every check of the response.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load.h"

void send_request(struct connection *c) {
  char key[25], request[2048];
  random_key(key);
  accept_key(key, c->accept);
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s%s%s%s\r\n",
                        options.path, options.port, key, options.subprotocol ? "Sec-WebSocket-Protocol: " : "",
                        options.subprotocol ? options.subprotocol : "", options.subprotocol ? "\r\n" : "",
                        options.deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
  append(&c->out, request, (size_t)length);
  mark_dirty(c);
}

/** Copies the value of a field into `value`; false when the head has no such field. */
static bool field(const char *head, const char *name, char *value, size_t room) {
  size_t name_length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, name, name_length) || line[2 + name_length] != ':') continue;
    const char *from = line + 3 + name_length, *to = strstr(from, "\r\n");
    while (*from == ' ' || *from == '\t') from++;
    while (to > from && isspace((unsigned char)to[-1])) to--;
    snprintf(value, room, "%.*s", (int)(to - from), from);
    return true;
  }
  return false;
}

static void check_extensions(struct connection *c, const char *head) {
  char value[512];
  bool given = field(head, "Sec-WebSocket-Extensions", value, sizeof value);
  if (given && !options.deflate) fail("connection %u: an extension that was not offered: %s", c->index, value);
  if (!options.deflate) return;
  if (!given || strncmp(value, "permessage-deflate", 18)) fail("the server did not agree on permessage-deflate");
  const char *bits = strstr(value, "client_max_window_bits=");
  if (bits && atoi(bits + 23) < 10) fail("the server wants a window of 2^%s bytes; the documents need 2^10", bits + 23);
}

static void check_response(struct connection *c, const char *head) {
  char value[256];
  if (strncmp(head, "HTTP/1.1 101 ", 13)) fail("connection %u: the answer is not 101: %.40s", c->index, head);
  if (!field(head, "Upgrade", value, sizeof value) || strcasecmp(value, "websocket")) fail("the answer has no Upgrade: websocket");
  if (!field(head, "Connection", value, sizeof value) || !strcasestr(value, "upgrade")) fail("the answer has no Connection: Upgrade");
  if (!field(head, "Sec-WebSocket-Accept", value, sizeof value)) fail("the answer has no accept key");
  if (strcmp(value, c->accept)) fail("connection %u: the accept key is %s instead of %s", c->index, value, c->accept);
  check_extensions(c, head);
}

static void begin(struct connection *c) {
  if (c->setup_step < options.setup_count) {
    c->state = STATE_SETUP;
    const char *text = c->identity ? identity_text(c) : options.setup[c->setup_step];
    if (*text) send_frame(c, 0x81, text, strlen(text));
    return;
  }
  c->state = STATE_OPEN;
  behaviour.opened(c);
}

/** Reads the response and returns how many bytes of `bytes` belong to it; the rest are frames. */
size_t read_response(struct connection *c, const uint8_t *bytes, size_t length) {
  size_t before = c->in.length;
  append(&c->in, bytes, length);
  *reserve(&c->in, 1) = 0;
  char *end = strstr((char *)c->in.bytes, "\r\n\r\n");
  if (!end) {
    if (c->in.length > 16384) fail("connection %u: the response's head does not end", c->index);
    return length;
  }
  size_t head_length = (size_t)(end - (char *)c->in.bytes) + 4;
  end[2] = 0;
  check_response(c, (char *)c->in.bytes);
  c->in.length = 0;
  c->setup_step = 0;
  begin(c);
  return head_length - before;
}

/** A message arrived while the setup is under way: it answers the step. */
void setup_answered(struct connection *c, const char *text) {
  if (behaviour.answered) behaviour.answered(c, text);
  c->setup_step++;
  begin(c);
}
