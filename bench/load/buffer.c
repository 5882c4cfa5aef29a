// A growing piece of memory.
#include <stdlib.h>
#include <string.h>

#include "load.h"

/** Makes room for `more` bytes behind those that are there and returns the place; the caller adds to `length` what it wrote. */
uint8_t *reserve(struct buffer *buffer, size_t more) {
  if (buffer->length + more > buffer->room) {
    size_t room = buffer->room ? buffer->room * 2 : 256;
    if (room < buffer->length + more) room = buffer->length + more;
    buffer->bytes = realloc(buffer->bytes, room);
    if (!buffer->bytes) fail("no memory for %zu bytes", room);
    buffer->room = room;
  }
  return buffer->bytes + buffer->length;
}

void append(struct buffer *buffer, const void *bytes, size_t length) {
  memcpy(reserve(buffer, length), bytes, length);
  buffer->length += length;
}

void release(struct buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct buffer){0};
}
