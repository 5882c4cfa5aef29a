// The load generator of the benchmarks: one thread, epoll, and every byte that comes back is compared with what was to come.
// Linux only. `cc -O3 *.c`; with zlib and -DWITH_DEFLATE it speaks permessage-deflate, with OpenSSL and -DWITH_TLS it speaks wss.
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STAMP_BYTES 12 // sender (4) and sequence number (8), hexadecimal
#define DOCUMENTS 256  // different documents that a deflate run sends in turn
#define MAX_SETUP 4

enum mode { MODE_ECHO, MODE_FANOUT, MODE_IDLE, MODE_HANDSHAKE, MODE_RECOVER };

struct options {
  enum mode mode;
  int port;
  pid_t server_pid;
  uint32_t connections;
  uint32_t window;
  size_t size;
  bool binary, json, raw, deflate, tls;
  double warmup, seconds, hold, stall_seconds;
  const char *path, *subprotocol;
  // What a protocol above WebSocket needs: messages to send after the opening handshake (each is answered by one message), and what
  // stands around the payload.
  const char *setup[MAX_SETUP];
  uint32_t setup_count;
  const char *before, *after;
  uint32_t missed; // messages published while everybody is away
};

enum state { STATE_FREE, STATE_CONNECTING, STATE_SECURING, STATE_UPGRADING, STATE_SETUP, STATE_OPEN, STATE_CLOSING, STATE_CLOSED };

struct buffer {
  uint8_t *bytes;
  size_t length, room;
};

struct connection {
  int fd;
  enum state state;
  uint32_t index;
  void *tls;

  struct buffer out; // frames not written yet, from out_at on
  size_t out_at;
  bool is_dirty; // waits in the list of those to flush

  char accept[29]; // the accept key this handshake has to bring
  uint32_t setup_step;
  struct identity *identity; // of a client that comes back, otherwise NULL
  struct buffer in; // response head, control payload, or enveloped message, while it arrives in pieces

  // the frame that is being read
  uint8_t head[10];
  uint8_t head_length;
  bool in_frame, in_message, is_final, is_control, is_compressed;
  uint8_t opcode;
  uint64_t frame_left;

  // the message that is being read
  size_t message_at;
  const uint8_t *expected;
  size_t expected_length;
  uint8_t stamp[STAMP_BYTES];
  void *inflater;

  uint32_t sent, received;
  uint64_t *sent_at; // of the messages in flight, by sequence number modulo window
};

// What a mode does when something happened on a connection.
struct behaviour {
  void (*opened)(struct connection *);
  void (*received)(struct connection *, uint64_t now);
  void (*closed)(struct connection *);
  void (*answered)(struct connection *, const char *text); // a step of the setup; may be NULL
};

struct totals {
  uint64_t messages, payload_bytes, wire_bytes, pings;
};

extern struct options options;
extern struct behaviour behaviour;
extern struct totals totals;
extern struct connection *connections;
extern uint64_t progress_at; // when anything last arrived

// main.c
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// buffer.c
uint8_t *reserve(struct buffer *, size_t more);
void append(struct buffer *, const void *, size_t);
void release(struct buffer *);

// accept_key.c
void random_key(char key[25]);
void accept_key(const char key[24], char accept[29]);

// payload.c
void prepare_payloads(void);
void write_stamp(uint8_t *to, uint32_t sender, uint32_t sequence);
const uint8_t *document(uint32_t sender, uint32_t sequence, size_t *length);
const uint8_t *compressed_document(uint32_t sender, uint32_t sequence, size_t *length);
extern size_t stamp_at;

// connection.c
void prepare_connections(void);
void open_connection(struct connection *);
void mark_dirty(struct connection *);
void flush_dirty(void);
void turn(int timeout_ms); // waits for events and serves them all
void finish_connection(struct connection *);
void establish(struct connection *); // the line is up: upgrade, or begin at once when raw

// handshake.c
void send_request(struct connection *);
size_t read_response(struct connection *, const uint8_t *, size_t);
void setup_answered(struct connection *, const char *text);

// frames.c
void send_frame(struct connection *, uint8_t first_byte, const void *payload, size_t length);
void send_message(struct connection *);
void send_close(struct connection *);
void read_frames(struct connection *, const uint8_t *, size_t);

// inflate.c
void compress_document(const uint8_t *, size_t, struct buffer *to);
void inflate_piece(struct connection *, const uint8_t *, size_t, bool is_last);
void end_inflater(struct connection *);
void verify_piece(struct connection *, const uint8_t *, size_t); // frames.c

// tls.c
void tls_begin(struct connection *);
int tls_handshake(struct connection *); // 1 done, 0 not yet
ssize_t tls_read(struct connection *, void *, size_t);
ssize_t tls_write(struct connection *, const void *, size_t);
void tls_end(struct connection *);

// recover.c
const char *identity_text(struct connection *); // what to send as this step of the setup
void keep_position(struct connection *, const char *text);
void run_recover(void);

// cost.c
struct snapshot {
  uint64_t time, server_cpu, own_cpu, all_cpu;
};
uint64_t now_ns(void);
struct snapshot take_snapshot(void);
uint64_t server_memory(void);
void clear_latencies(void);
void record_latency(uint64_t ns);
double latency_percentile(double percent); // microseconds

// modes.c
extern uint32_t open_count;
void count_open(struct connection *);
void count_closed(struct connection *);
void guard(const char *doing); // fails when nothing happens any more
void open_all(uint32_t from, uint32_t to, uint32_t at_once);
void serve_for(double seconds);
void close_all(uint32_t count);
void report(struct snapshot from, struct snapshot to, uint64_t units);
void report_latency(void);
void run_mode(void);
