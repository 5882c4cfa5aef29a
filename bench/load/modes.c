// The kinds of work, and how each is measured; recover.c has one more.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

#define AT_ONCE 64 // handshakes under way at the same time

struct behaviour behaviour;
struct totals totals;
uint32_t open_count;
static uint32_t closed_count;
static bool keeps_going; // whether an answered message is followed by another

void count_open(struct connection *c) { (void)c, open_count++; }
void count_closed(struct connection *c) { (void)c, closed_count++; }

void guard(const char *doing) {
  double idle = (double)(now_ns() - progress_at) / 1e9;
  if (idle > options.stall_seconds) fail("nothing happened for %.0f s while %s (%u open)", idle, doing, open_count);
}

void open_all(uint32_t from, uint32_t to, uint32_t at_once) {
  uint32_t begun = from;
  open_count = 0;
  progress_at = now_ns();
  while (open_count < to - from) {
    while (begun < to && begun - from - open_count < at_once) open_connection(&connections[begun++]);
    turn(100);
    guard("connecting");
  }
}

void serve_for(double seconds) {
  uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
  progress_at = now_ns();
  for (uint64_t now = now_ns(); now < until; now = now_ns()) {
    turn((int)((until - now) / 1000000 + 1));
    if (keeps_going) guard("waiting for replies");
  }
}

void close_all(uint32_t count) {
  closed_count = 0;
  progress_at = now_ns();
  for (uint32_t i = 0; i < count; i++) {
    if (!options.raw) send_close(&connections[i]);
    else connections[i].state = STATE_CLOSING, finish_connection(&connections[i]);
  }
  while (closed_count < count) {
    turn(100);
    guard("closing");
  }
}

/** Prints the fields that every mode has; the caller goes on with its own. */
void report(struct snapshot from, struct snapshot to, uint64_t units) {
  double seconds = (double)(to.time - from.time) / 1e9, server = (double)(to.server_cpu - from.server_cpu) / 1e9;
  double own = (double)(to.own_cpu - from.own_cpu) / 1e9, all = (double)(to.all_cpu - from.all_cpu) / 1e9;
  double other = all - server - own;
  printf("{\"ok\":true,\"units\":%llu,\"seconds\":%.4f,\"perSecond\":%.1f,\"serverMicroseconds\":%.5f,", (unsigned long long)units, seconds,
         (double)units / seconds, units ? server * 1e6 / (double)units : 0);
  printf("\"serverPercent\":%.1f,\"driverPercent\":%.1f,\"otherPercent\":%.1f", server / seconds * 100, own / seconds * 100,
         (other > 0 ? other : 0) / seconds * 100);
}

void report_latency(void) { printf(",\"p50Microseconds\":%.1f,\"p99Microseconds\":%.1f", latency_percentile(50), latency_percentile(99)); }

/** Warms up, measures, lets what is in flight come back, closes and reports. `pending` tells whether something is still in flight. */
static void measure_traffic(uint32_t count, bool (*pending)(void)) {
  keeps_going = true;
  serve_for(options.warmup);
  clear_latencies();
  totals = (struct totals){0};
  struct snapshot from = take_snapshot();
  serve_for(options.seconds);
  struct snapshot to = take_snapshot();
  struct totals measured = totals;
  report(from, to, measured.messages);
  report_latency();
  keeps_going = false;
  progress_at = now_ns();
  while (pending()) {
    turn(100);
    guard("waiting for the last replies");
  }
  close_all(count);
  if (measured.messages) printf(",\"wireRatio\":%.4f", (double)measured.wire_bytes / (double)measured.payload_bytes);
  printf("}\n");
}

// ---- echo: each connection keeps `window` messages in flight

static void echo_send(struct connection *c, uint64_t now) {
  c->sent_at[c->sent % options.window] = now;
  send_message(c);
}

static void echo_received(struct connection *c, uint64_t now) {
  record_latency(now - c->sent_at[(c->received - 1) % options.window]);
  if (keeps_going) echo_send(c, now);
}

static bool echo_pending(void) {
  for (uint32_t i = 0; i < options.connections; i++) {
    if (connections[i].received != connections[i].sent) return true;
  }
  return false;
}

static void give_windows(uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    connections[i].sent_at = calloc(options.window, sizeof(uint64_t));
    if (!connections[i].sent_at) fail("no memory");
  }
}

static void run_echo(void) {
  behaviour = (struct behaviour){.opened = count_open, .received = echo_received, .closed = count_closed};
  give_windows(options.connections);
  open_all(0, options.connections, AT_ONCE);
  for (uint32_t i = 0; i < options.connections; i++) {
    for (uint32_t n = 0; n < options.window; n++) echo_send(&connections[i], now_ns());
  }
  measure_traffic(options.connections, echo_pending);
}

// ---- fan-out: connection 0 publishes, every connection receives, and the next message goes out when all have one

static uint32_t *deliveries_left; // of the messages in flight, by sequence number modulo window

static void publish(uint64_t now) {
  struct connection *publisher = &connections[0];
  publisher->sent_at[publisher->sent % options.window] = now;
  deliveries_left[publisher->sent % options.window] = options.connections;
  send_message(publisher);
}

static void fanout_received(struct connection *c, uint64_t now) {
  uint32_t slot = (c->received - 1) % options.window;
  record_latency(now - connections[0].sent_at[slot]);
  if (--deliveries_left[slot] == 0 && keeps_going) publish(now);
}

static bool fanout_pending(void) {
  for (uint32_t i = 0; i < options.connections; i++) {
    if (connections[i].received != connections[0].sent) return true;
  }
  return false;
}

static void run_fanout(void) {
  behaviour = (struct behaviour){.opened = count_open, .received = fanout_received, .closed = count_closed};
  give_windows(1);
  deliveries_left = calloc(options.window, sizeof *deliveries_left);
  if (!deliveries_left) fail("no memory");
  open_all(0, options.connections, AT_ONCE);
  for (uint32_t n = 0; n < options.window; n++) publish(now_ns());
  measure_traffic(options.connections, fanout_pending);
}

// ---- idle: what an open connection costs

/** Asks the server to collect its garbage (SIGUSR2: all servers of the benchmarks do) and returns its memory. */
static uint64_t collected_memory(void) {
  for (int i = 0; i < 2; i++) {
    if (kill(options.server_pid, SIGUSR2)) fail("the server's process is gone");
    serve_for(0.4);
  }
  return server_memory();
}

static uint32_t answered;
static void idle_received(struct connection *c, uint64_t now) { (void)c, (void)now, answered++; }

/** Whoever joins a room waits for what is published from then on. */
static void idle_opened(struct connection *c) {
  if (options.before) c->received = connections[0].sent;
  count_open(c);
}

/** Sends one message on each, or publishes one for all that are open, and waits for all the answers: the connections are alive. */
static void ask_all(uint32_t from, uint32_t to) {
  answered = 0;
  progress_at = now_ns();
  if (options.before && to > 0) from = 0, send_message(&connections[0]);
  for (uint32_t i = from; i < to && !options.before; i++) {
    send_message(&connections[i]);
    if (i % AT_ONCE == 0) turn(0);
  }
  while (answered < to - from) {
    turn(100);
    guard("asking idle connections");
  }
}

static void run_idle(void) {
  // The first hundred pay for what a server loads once, and are not counted.
  const uint32_t first = options.connections > 200 ? 100 : 0;
  behaviour = (struct behaviour){.opened = idle_opened, .received = idle_received, .closed = count_closed};
  open_all(0, first, AT_ONCE);
  ask_all(0, first);
  uint64_t before = collected_memory();
  struct snapshot from = take_snapshot();
  open_all(first, options.connections, AT_ONCE);
  struct snapshot to = take_snapshot();
  serve_for(options.hold);
  uint64_t after = collected_memory();
  uint32_t counted = options.connections - first;
  report(from, to, counted);
  printf(",\"bytesPerConnection\":%.1f", ((double)after - (double)before) / counted);
  if (options.seconds > 0) {
    totals.pings = 0;
    struct snapshot quiet_from = take_snapshot();
    serve_for(options.seconds);
    struct snapshot quiet_to = take_snapshot();
    double cpu = (double)(quiet_to.server_cpu - quiet_from.server_cpu) / 1e3;
    printf(",\"pings\":%llu,\"idleMicrosecondsPerSecond\":%.1f,\"microsecondsPerPing\":%.3f", (unsigned long long)totals.pings,
           cpu / ((double)(quiet_to.time - quiet_from.time) / 1e9), totals.pings ? cpu / (double)totals.pings : 0);
  }
  ask_all(0, options.connections);
  close_all(options.connections);
  printf("}\n");
}

// ---- handshake: connect, upgrade, close, again

static uint64_t begun_at[65536];

static void handshake_begin(struct connection *c) {
  begun_at[c->index & 65535] = now_ns();
  open_connection(c);
}

static void handshake_opened(struct connection *c) { send_close(c); }

static void handshake_closed(struct connection *c) {
  totals.messages++;
  record_latency(now_ns() - begun_at[c->index & 65535]);
  if (keeps_going) handshake_begin(c);
  else closed_count++;
}

static void no_message(struct connection *c, uint64_t now) { (void)now, fail("connection %u: a message that nobody asked for", c->index); }

static void run_handshakes(void) {
  behaviour = (struct behaviour){.opened = handshake_opened, .received = no_message, .closed = handshake_closed};
  keeps_going = true;
  progress_at = now_ns();
  for (uint32_t i = 0; i < options.connections; i++) handshake_begin(&connections[i]);
  serve_for(options.warmup);
  clear_latencies();
  totals = (struct totals){0};
  struct snapshot from = take_snapshot();
  serve_for(options.seconds);
  struct snapshot to = take_snapshot();
  report(from, to, totals.messages);
  report_latency();
  keeps_going = false;
  while (closed_count < options.connections) {
    turn(100);
    guard("ending the last handshakes");
  }
  printf("}\n");
}

void run_mode(void) {
  switch (options.mode) {
    case MODE_ECHO: return run_echo();
    case MODE_FANOUT: return run_fanout();
    case MODE_IDLE: return run_idle();
    case MODE_HANDSHAKE: return run_handshakes();
    case MODE_RECOVER: return run_recover();
  }
}
