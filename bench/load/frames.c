// Frames out and in (RFC 6455 §5). What comes in is compared byte by byte while it arrives; nothing is kept of a message that is right.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { OP_CONTINUATION = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

static uint32_t next_mask(void) {
  static uint64_t seed = 0xD1B54A32D192ED03;
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return (uint32_t)(seed >> 24);
}

static void mask_bytes(uint8_t *bytes, size_t length, uint32_t mask) {
  uint64_t wide = (uint64_t)mask << 32 | mask, word;
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    memcpy(&word, bytes + at, 8);
    word ^= wide;
    memcpy(bytes + at, &word, 8);
  }
  for (; at < length; at++) bytes[at] ^= (uint8_t)(mask >> at % 4 * 8);
}

/** Writes a client's frame header of up to 14 bytes and returns its length. */
static size_t write_header(uint8_t *to, uint8_t first_byte, size_t length, uint32_t mask) {
  size_t at = 2;
  to[0] = first_byte;
  if (length < 126) {
    to[1] = (uint8_t)(0x80 | length);
  } else if (length < 65536) {
    to[1] = 0x80 | 126;
    to[2] = (uint8_t)(length >> 8);
    to[3] = (uint8_t)length;
    at = 4;
  } else {
    to[1] = 0x80 | 127;
    for (int i = 0; i < 8; i++) to[2 + i] = (uint8_t)((uint64_t)length >> (56 - i * 8));
    at = 10;
  }
  memcpy(to + at, &mask, 4);
  return at + 4;
}

/** Queues a masked frame. With `stamped` the stamp of the connection's next message is laid over the payload. */
static void queue_frame(struct connection *c, uint8_t first_byte, const void *payload, size_t length, bool stamped) {
  uint8_t *place = reserve(&c->out, length + 14);
  uint32_t mask = next_mask();
  size_t header = write_header(place, first_byte, length, mask);
  memcpy(place + header, payload, length);
  if (stamped) write_stamp(place + header + stamp_at, c->index, c->sent);
  mask_bytes(place + header, length, mask);
  c->out.length += header + length;
  mark_dirty(c);
}

void send_frame(struct connection *c, uint8_t first_byte, const void *payload, size_t length) {
  queue_frame(c, first_byte, payload, length, false);
}

static void send_enveloped(struct connection *c, const uint8_t *payload, size_t length) {
  static struct buffer text;
  text.length = 0;
  append(&text, options.before, strlen(options.before));
  size_t at = text.length;
  append(&text, payload, length);
  write_stamp(text.bytes + at + stamp_at, c->index, c->sent);
  append(&text, options.after, strlen(options.after));
  queue_frame(c, 0x81, text.bytes, text.length, false);
}

/** Queues the connection's next message. */
void send_message(struct connection *c) {
  size_t length;
  const uint8_t *payload = document(c->index, c->sent, &length);
  uint8_t first_byte = options.binary ? 0x82 : 0x81;
  if (options.raw) {
    append(&c->out, payload, length);
    write_stamp(c->out.bytes + c->out.length - length + stamp_at, c->index, c->sent);
    mark_dirty(c);
  } else if (options.deflate) {
    payload = compressed_document(c->index, c->sent, &length);
    send_frame(c, first_byte | 0x40, payload, length);
  } else if (options.before) {
    send_enveloped(c, payload, length);
  } else {
    queue_frame(c, first_byte, payload, length, true);
  }
  c->sent++;
}

void send_close(struct connection *c) {
  static const uint8_t normal[2] = {1000 >> 8, 1000 & 255};
  send_frame(c, 0x88, normal, 2);
  c->state = STATE_CLOSING;
}

// ---- in

/** Sets what the message that begins has to be: where one publishes for all the publisher's, otherwise the connection's own next one. */
static void begin_message(struct connection *c) {
  uint32_t sender = options.mode == MODE_FANOUT || options.before ? 0 : c->index;
  c->message_at = 0;
  c->expected = document(sender, c->received, &c->expected_length);
  if (!options.deflate) write_stamp(c->stamp, sender, c->received);
}

/** Whether `bytes` are those of the expected message at `at`, the stamp laid over its place. */
static bool matches(const struct connection *c, size_t at, const uint8_t *bytes, size_t length) {
  size_t from = stamp_at, to = stamp_at + STAMP_BYTES;
  if (options.deflate || at >= to || at + length <= from) return !memcmp(bytes, c->expected + at, length);
  size_t before = at < from ? from - at : 0;
  size_t stamp_from = at > from ? at - from : 0;
  size_t end = at + length < to ? at + length : to;
  size_t stamped = end - from - stamp_from;
  return !memcmp(bytes, c->expected + at, before) && !memcmp(bytes + before, c->stamp + stamp_from, stamped) &&
         !memcmp(bytes + before + stamped, c->expected + at + before + stamped, length - before - stamped);
}

void verify_piece(struct connection *c, const uint8_t *bytes, size_t length) {
  if (c->message_at + length > c->expected_length) fail("connection %u: reply %u is longer than what was sent", c->index, c->received);
  if (!matches(c, c->message_at, bytes, length)) fail("connection %u: reply %u is not what was sent", c->index, c->received);
  c->message_at += length;
}

static void count_message(struct connection *c) {
  if (c->message_at != c->expected_length) fail("connection %u: reply %u is shorter than what was sent", c->index, c->received);
  totals.messages++;
  totals.payload_bytes += c->expected_length;
  c->received++;
  behaviour.received(c, now_ns());
}

/** A whole message of the protocol above: our payload somewhere in it, or one that does not count (an acknowledgement, say). */
static void end_enveloped(struct connection *c) {
  *reserve(&c->in, 1) = 0;
  if (c->state == STATE_SETUP) {
    setup_answered(c, (char *)c->in.bytes);
    c->in.length = 0;
    return;
  }
  size_t tail = stamp_at + STAMP_BYTES;
  begin_message(c);
  const uint8_t *found = c->in.length < c->expected_length || c->expected_length < tail + 16
                             ? NULL
                             : memmem(c->in.bytes, c->in.length, c->expected + tail, c->expected_length - tail);
  if (found && (size_t)(found - c->in.bytes) >= tail) {
    verify_piece(c, found - tail, c->expected_length);
    if (c->identity) keep_position(c, (char *)c->in.bytes);
    c->in.length = 0;
    count_message(c);
  }
  c->in.length = 0;
}

static void end_control(struct connection *c) {
  if (c->opcode == OP_PING) {
    totals.pings++;
    if (c->state != STATE_CLOSED) send_frame(c, 0x80 | OP_PONG, c->in.bytes, c->in.length);
  } else if (c->opcode == OP_CLOSE) {
    unsigned code = c->in.length >= 2 ? (unsigned)(c->in.bytes[0] << 8 | c->in.bytes[1]) : 1005;
    if (c->state != STATE_CLOSING) fail("connection %u: the server closed with %u after %u replies", c->index, code, c->received);
    c->state = STATE_CLOSED;
  }
  c->in.length = 0;
}

static void end_frame(struct connection *c) {
  c->in_frame = false;
  if (c->is_control) return end_control(c);
  if (c->is_compressed && c->is_final) inflate_piece(c, NULL, 0, true);
  if (!c->is_final) return;
  c->in_message = false;
  if (options.before) return end_enveloped(c);
  count_message(c);
}

static void take_payload(struct connection *c, const uint8_t *bytes, size_t length) {
  if (c->is_control || options.before) append(&c->in, bytes, length);
  else if (c->is_compressed) inflate_piece(c, bytes, length, false);
  else verify_piece(c, bytes, length);
}

/** Checks a whole header and begins its frame. */
static void begin_frame(struct connection *c, const uint8_t *head, uint64_t length) {
  uint8_t opcode = head[0] & 15, wanted = options.binary ? OP_BINARY : OP_TEXT;
  bool is_control = opcode >= OP_CLOSE, rsv1 = head[0] & 0x40;
  c->is_control = is_control;
  c->opcode = opcode;
  if (head[0] & 0x30 || head[1] & 0x80) fail("connection %u: a frame with reserved bits or a mask: %02x %02x", c->index, head[0], head[1]);
  if (rsv1 && (!options.deflate || is_control || opcode == OP_CONTINUATION)) fail("connection %u: RSV1 where it means nothing", c->index);
  if (is_control) {
    if (!(head[0] & 0x80) || length > 125 || opcode > OP_PONG) fail("connection %u: a bad control frame: %02x", c->index, head[0]);
  } else {
    c->is_final = head[0] & 0x80;
    if (c->state == STATE_CLOSED) fail("connection %u: data after the close frame", c->index);
    if (opcode != (c->in_message ? OP_CONTINUATION : wanted)) fail("connection %u: opcode %u does not belong here", c->index, opcode);
    if (!c->in_message) {
      begin_message(c);
      c->is_compressed = rsv1;
    }
    c->in_message = true;
  }
  c->in_frame = true;
  c->frame_left = length;
  totals.wire_bytes += length;
}

/** How long the header is that begins with these two bytes. */
static size_t header_length(const uint8_t *head) { return (head[1] & 127) == 127 ? 10 : (head[1] & 127) == 126 ? 4 : 2; }

static void parse_header(struct connection *c, const uint8_t *head, size_t size) {
  uint64_t length = head[1] & 127;
  if (size > 2) {
    length = 0;
    for (size_t i = 2; i < size; i++) length = length << 8 | head[i];
    if (length < (size == 4 ? 126 : 65536)) fail("connection %u: a length that is not in its shortest form", c->index);
  }
  totals.wire_bytes += size;
  begin_frame(c, head, length);
}

/** Reads one header from `bytes`, possibly over several calls, and returns how many bytes it took. */
static size_t take_header(struct connection *c, const uint8_t *bytes, size_t length) {
  if (!c->head_length && length >= 10) {
    size_t size = header_length(bytes);
    parse_header(c, bytes, size);
    return size;
  }
  size_t used = 0;
  while (used < length) {
    c->head[c->head_length++] = bytes[used++];
    if (c->head_length < 2 || c->head_length < header_length(c->head)) continue;
    size_t size = c->head_length;
    c->head_length = 0;
    parse_header(c, c->head, size);
    break;
  }
  return used;
}

/** In a raw run the bytes come back without frames: every `size` bytes are a message. */
static void begin_raw(struct connection *c) {
  begin_message(c);
  c->in_frame = c->is_final = true;
  c->is_control = c->is_compressed = false;
  c->frame_left = options.size;
  totals.wire_bytes += options.size;
}

void read_frames(struct connection *c, const uint8_t *bytes, size_t length) {
  while (length || (c->in_frame && !c->frame_left)) {
    if (!c->in_frame) {
      size_t used = 0;
      if (options.raw) begin_raw(c);
      else used = take_header(c, bytes, length);
      bytes += used, length -= used;
      if (!c->in_frame) return;
    }
    size_t take = c->frame_left < length ? (size_t)c->frame_left : length;
    if (take) take_payload(c, bytes, take);
    bytes += take, length -= take, c->frame_left -= take;
    if (!c->frame_left) end_frame(c);
    else return;
    if (c->state == STATE_FREE) return;
  }
}
