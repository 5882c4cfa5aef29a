// What is sent. Every message differs from every other by its stamp: the sender's number and the message's. A deflate run sends one of
// DOCUMENTS different documents instead, each compressed once, so that the generator spends its time on checking the replies.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

size_t stamp_at;
static uint8_t *template;
static struct buffer documents[DOCUMENTS];
static struct buffer compressed[DOCUMENTS];

// A fixed seed: the same bytes in every run and for every server.
static uint64_t seed = 0x9E3779B97F4A7C15;
static uint32_t next_random(void) {
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return (uint32_t)(seed >> 16);
}

static const char *const lines[] = {"M4", "S1", "Tram 17", "Bus 240", "Night 7", "Harbour"};
static const char *const states[] = {"on time", "late", "boarding", "at depot"};

/** A JSON document of exactly `size` bytes, like those of a feed of vehicle positions. Its first value is the stamp's place. */
static void write_json(uint8_t *to, size_t size) {
  char *text = (char *)to, *end = text + size;
  char record[256];
  text += sprintf(text, "{\"n\":\"000000000000\",\"positions\":[");
  for (int first = 1;; first = 0) {
    int length = snprintf(record, sizeof record,
                          "%s{\"vehicle\":%u,\"line\":\"%s\",\"lat\":%u.%06u,\"lon\":%u.%06u,\"speed\":%u.%u,\"state\":\"%s\"}",
                          first ? "" : ",", 1000 + next_random() % 9000, lines[next_random() % 6], 47 + next_random() % 3,
                          next_random() % 1000000, 7 + next_random() % 4, next_random() % 1000000, next_random() % 90, next_random() % 10,
                          states[next_random() % 4]);
    if (text + length + 12 > end) break;
    memcpy(text, record, (size_t)length);
    text += length;
  }
  text += sprintf(text, "],\"pad\":\"");
  while (text < end - 2) *text++ = 'x';
  memcpy(text, "\"}", 2);
}

static void write_plain(uint8_t *to, size_t size) {
  for (size_t i = 0; i < size; i++) to[i] = options.binary ? (uint8_t)next_random() : (uint8_t)('a' + next_random() % 26);
}

void prepare_payloads(void) {
  if (options.size < (options.json ? 160 : STAMP_BYTES)) fail("--size must be at least %d", options.json ? 160 : STAMP_BYTES);
  template = malloc(options.size + 256);
  if (!template) fail("no memory for a message of %zu bytes", options.size);
  if (options.json) write_json(template, options.size), stamp_at = 6;
  else write_plain(template, options.size), stamp_at = 0;
  if (!options.deflate) return;
  for (int i = 0; i < DOCUMENTS; i++) {
    uint8_t *place = reserve(&documents[i], options.size + 256);
    write_json(place, options.size);
    documents[i].length = options.size;
    compress_document(place, options.size, &compressed[i]);
  }
}

/** `sender` and `sequence` as 12 hexadecimal digits. */
void write_stamp(uint8_t *to, uint32_t sender, uint32_t sequence) {
  static uint16_t digits[256];
  if (!digits[0]) {
    for (int i = 0; i < 256; i++) memcpy(&digits[i], (char[2]){"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]}, 2);
  }
  const uint8_t values[6] = {(uint8_t)(sender >> 8),    (uint8_t)sender,          (uint8_t)(sequence >> 24),
                             (uint8_t)(sequence >> 16), (uint8_t)(sequence >> 8), (uint8_t)sequence};
  for (int i = 0; i < 6; i++) memcpy(to + i * 2, &digits[values[i]], 2);
}

/** The payload of that message; where the stamp goes it has other bytes, unless the run compresses. */
const uint8_t *document(uint32_t sender, uint32_t sequence, size_t *length) {
  *length = options.size;
  return options.deflate ? documents[(sender * 31 + sequence) % DOCUMENTS].bytes : template;
}

const uint8_t *compressed_document(uint32_t sender, uint32_t sequence, size_t *length) {
  const struct buffer *chosen = &compressed[(sender * 31 + sequence) % DOCUMENTS];
  *length = chosen->length;
  return chosen->bytes;
}
