// Options, and the one line of JSON that a run ends with: {"ok":true,...}, or {"ok":false,"error":"..."} and exit code 1.
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

struct options options = {
    .connections = 100, .window = 1, .size = 20, .warmup = 0.5, .seconds = 2, .hold = 0.5, .stall_seconds = 10, .path = "/", .missed = 20};

_Noreturn void fail(const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  // On a line of its own: a run that fails while it closes has begun its result already.
  printf("\n{\"ok\":false,\"error\":\"");
  for (const char *at = text; *at; at++) {
    if (*at == '"' || *at == '\\') printf("\\%c", *at);
    else if ((unsigned char)*at >= ' ') putchar(*at);
  }
  printf("\"}\n");
  fflush(stdout);
  exit(1);
}

static const char usage[] =
    "load echo|fanout|idle|handshake|recover --port N [--pid N] [options]\n"
    "  --connections N   100     connections, receivers, or handshakes at once\n"
    "  --window N        1       messages in flight, per connection (echo) or in all (fanout)\n"
    "  --size N          20      bytes of payload; with --raw bytes on the line\n"
    "  --binary, --json          random bytes, or a JSON document, instead of letters\n"
    "  --deflate                 permessage-deflate, JSON documents\n"
    "  --tls                     wss\n"
    "  --raw                     no WebSocket: a server that returns every byte\n"
    "  --warmup S, --seconds S   0.5, 2; idle: how long to watch heartbeats, 0 for not at all\n"
    "  --hold S          0.5     idle: rest before memory is read\n"
    "  --stall S         10      give up when nothing happens for so long\n"
    "  --path P, --subprotocol P\n"
    "  --setup TEXT              message to send after opening, answered by one message; repeatable; '' only waits\n"
    "  --before T, --after T     what stands around the payload in a published message\n"
    "  --missed N        20      recover: messages that are published while everybody is away\n";

static bool flag(const char *name) {
  if (!strcmp(name, "--binary")) return options.binary = true;
  if (!strcmp(name, "--json")) return options.json = true;
  if (!strcmp(name, "--deflate")) return options.deflate = options.json = true;
  if (!strcmp(name, "--tls")) return options.tls = true;
  if (!strcmp(name, "--raw")) return options.raw = true;
  return false;
}

static bool setting(const char *name, const char *value) {
  if (!strcmp(name, "--port")) options.port = atoi(value);
  else if (!strcmp(name, "--pid")) options.server_pid = atoi(value);
  else if (!strcmp(name, "--connections")) options.connections = (uint32_t)atol(value);
  else if (!strcmp(name, "--window")) options.window = (uint32_t)atol(value);
  else if (!strcmp(name, "--size")) options.size = strtoull(value, NULL, 10);
  else if (!strcmp(name, "--warmup")) options.warmup = atof(value);
  else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
  else if (!strcmp(name, "--hold")) options.hold = atof(value);
  else if (!strcmp(name, "--stall")) options.stall_seconds = atof(value);
  else if (!strcmp(name, "--path")) options.path = value;
  else if (!strcmp(name, "--subprotocol")) options.subprotocol = value;
  else if (!strcmp(name, "--before")) options.before = value;
  else if (!strcmp(name, "--after")) options.after = value;
  else if (!strcmp(name, "--missed")) options.missed = (uint32_t)atol(value);
  else if (!strcmp(name, "--setup") && options.setup_count < MAX_SETUP) options.setup[options.setup_count++] = value;
  else return false;
  return true;
}

static bool choose_mode(const char *name) {
  static const char *const names[] = {"echo", "fanout", "idle", "handshake", "recover"};
  for (int i = 0; i < 5; i++) {
    if (!strcmp(name, names[i])) return options.mode = (enum mode)i, true;
  }
  return false;
}

/** What this build can do beyond plain WebSocket, for the harness. */
static int tell_features(void) {
#ifdef WITH_DEFLATE
  puts("deflate");
#endif
#ifdef WITH_TLS
  puts("tls");
#endif
  return 0;
}

int main(int count, char **words) {
  if (count == 2 && !strcmp(words[1], "features")) return tell_features();
  if (count < 2 || !choose_mode(words[1])) {
    fputs(usage, stderr);
    return 2;
  }
  for (int i = 2; i < count; i++) {
    if (flag(words[i])) continue;
    if (i + 1 >= count || !setting(words[i], words[i + 1])) fail("unknown option, or one without its value: %s", words[i]);
    i++;
  }
  if (!options.port || !options.connections || !options.window) fail("--port, --connections and --window must be positive");
  if (options.before && !options.after) options.after = "";
  bool is_enveloped = options.setup_count || options.before;
  if (is_enveloped && (options.raw || options.mode == MODE_ECHO || options.mode == MODE_HANDSHAKE)) fail("--setup and --before go with fanout, idle and recover");
  if (options.mode == MODE_RECOVER && (options.setup_count != 2 || !options.before)) fail("recover needs --setup to connect, --setup to join, and --before");
  if (options.raw && options.mode == MODE_HANDSHAKE) fail("--raw has no handshake");
  if (options.mode == MODE_IDLE && !options.server_pid) fail("idle needs --pid");
  signal(SIGPIPE, SIG_IGN);
  prepare_payloads();
  prepare_connections();
  run_mode();
  return 0;
}
