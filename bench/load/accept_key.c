// Sec-WebSocket-Key and the accept value that belongs to it (RFC 6455 §1.3): SHA-1 (RFC 3174) and base64.
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "load.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64(const uint8_t *bytes, size_t length, char *text) {
  for (size_t at = 0; at < length; at += 3) {
    size_t left = length - at;
    uint32_t group = (uint32_t)bytes[at] << 16 | (left > 1 ? bytes[at + 1] << 8 : 0) | (left > 2 ? bytes[at + 2] : 0);
    *text++ = alphabet[group >> 18];
    *text++ = alphabet[group >> 12 & 63];
    *text++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
    *text++ = left > 2 ? alphabet[group & 63] : '=';
  }
  *text = 0;
}

static uint32_t rotate(uint32_t word, int by) { return word << by | word >> (32 - by); }

static void sha1_block(uint32_t digest[5], const uint8_t block[64]) {
  uint32_t words[80];
  for (int i = 0; i < 16; i++) {
    words[i] = (uint32_t)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 | block[i * 4 + 3];
  }
  for (int i = 16; i < 80; i++) words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  uint32_t a = digest[0], b = digest[1], c = digest[2], d = digest[3], e = digest[4];
  for (int i = 0; i < 80; i++) {
    uint32_t mix, constant;
    if (i < 20) mix = (b & c) | (~b & d), constant = 0x5A827999;
    else if (i < 40) mix = b ^ c ^ d, constant = 0x6ED9EBA1;
    else if (i < 60) mix = (b & c) | (b & d) | (c & d), constant = 0x8F1BBCDC;
    else mix = b ^ c ^ d, constant = 0xCA62C1D6;
    uint32_t next = rotate(a, 5) + mix + e + constant + words[i];
    e = d, d = c, c = rotate(b, 30), b = a, a = next;
  }
  digest[0] += a, digest[1] += b, digest[2] += c, digest[3] += d, digest[4] += e;
}

static void sha1(const uint8_t *text, size_t length, uint8_t result[20]) {
  uint32_t digest[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint8_t padded[128] = {0};
  size_t padded_length = length + 9 <= 64 ? 64 : 128;
  memcpy(padded, text, length);
  padded[length] = 0x80;
  padded[padded_length - 2] = (uint8_t)(length * 8 >> 8);
  padded[padded_length - 1] = (uint8_t)(length * 8);
  for (size_t at = 0; at < padded_length; at += 64) sha1_block(digest, padded + at);
  for (int i = 0; i < 20; i++) result[i] = (uint8_t)(digest[i / 4] >> (24 - i % 4 * 8));
}

void random_key(char key[25]) {
  static uint8_t pool[4096];
  static size_t at = sizeof pool;
  if (at == sizeof pool) {
    if (getrandom(pool, sizeof pool, 0) != sizeof pool) fail("the system gives no random bytes");
    at = 0;
  }
  base64(pool + at, 16, key);
  at += 16;
}

void accept_key(const char key[24], char accept[29]) {
  uint8_t text[60], digest[20];
  memcpy(text, key, 24);
  memcpy(text + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  sha1(text, sizeof text, digest);
  base64(digest, sizeof digest, accept);
}
