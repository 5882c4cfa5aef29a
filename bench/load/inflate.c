// permessage-deflate (RFC 7692) with zlib: documents compressed once and without context, replies inflated with the connection's.
#include "load.h"

#ifdef WITH_DEFLATE
#include <stdlib.h>
#include <zlib.h>

/** Compresses as RFC 7692 §7.2.1 says. No distance is longer than the document, so any agreed window of 1 KiB or more can read it. */
void compress_document(const uint8_t *document, size_t length, struct buffer *to) {
  z_stream stream = {0};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -10, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("zlib gives no compressor");
  size_t bound = deflateBound(&stream, length) + 16;
  stream.next_in = (Bytef *)document;
  stream.avail_in = (uInt)length;
  stream.next_out = reserve(to, bound);
  stream.avail_out = (uInt)bound;
  if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in) fail("zlib did not compress a document of %zu bytes", length);
  to->length = stream.total_out - 4; // without the empty block 00 00 ff ff
  deflateEnd(&stream);
}

void inflate_piece(struct connection *c, const uint8_t *bytes, size_t length, bool is_last) {
  static uint8_t out[65536];
  static const uint8_t tail[4] = {0, 0, 0xff, 0xff};
  z_stream *stream = c->inflater;
  if (!stream) {
    c->inflater = stream = calloc(1, sizeof *stream);
    if (!stream || inflateInit2(stream, -15) != Z_OK) fail("zlib gives no decompressor");
  }
  stream->next_in = (Bytef *)bytes;
  stream->avail_in = (uInt)length;
  for (bool tail_given = !is_last;;) {
    stream->next_out = out;
    stream->avail_out = sizeof out;
    int result = inflate(stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR) fail("connection %u: the reply is no deflate stream: %s", c->index, stream->msg ? stream->msg : "");
    verify_piece(c, out, sizeof out - stream->avail_out);
    if (stream->avail_in || !stream->avail_out) continue;
    if (tail_given) return;
    tail_given = true;
    stream->next_in = (Bytef *)tail;
    stream->avail_in = sizeof tail;
  }
}

void end_inflater(struct connection *c) {
  if (!c->inflater) return;
  inflateEnd(c->inflater);
  free(c->inflater);
  c->inflater = NULL;
}
#else
void compress_document(const uint8_t *document, size_t length, struct buffer *to) {
  (void)document, (void)length, (void)to;
  fail("this generator was built without zlib");
}
void inflate_piece(struct connection *c, const uint8_t *bytes, size_t length, bool is_last) {
  (void)bytes, (void)length, (void)is_last;
  fail("connection %u sent a compressed reply", c->index);
}
void end_inflater(struct connection *c) { (void)c; }
#endif
