// What a run costs: clocks, memory, and the distribution of latencies.
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static uint64_t read_clock(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time)) return 0;
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now_ns(void) { return read_clock(CLOCK_MONOTONIC); }

/** CPU time of all threads of the server, in nanoseconds: the sum of what /proc/PID/task has in its schedstat files. */
static uint64_t server_cpu(void) {
  clockid_t clock;
  if (!options.server_pid || clock_getcpuclockid(options.server_pid, &clock)) return 0;
  return read_clock(clock);
}

/** CPU time that everything on this machine took, in nanoseconds (ticks of 10 ms). */
static uint64_t all_cpu(void) {
  unsigned long long user = 0, nice = 0, system = 0, idle, wait, irq = 0, softirq = 0, steal = 0;
  FILE *file = fopen("/proc/stat", "r");
  if (!file) return 0;
  int found = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal);
  fclose(file);
  if (found != 8) return 0;
  return (user + nice + system + irq + softirq + steal) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

struct snapshot take_snapshot(void) {
  return (struct snapshot){now_ns(), server_cpu(), read_clock(CLOCK_PROCESS_CPUTIME_ID), all_cpu()};
}

/** Resident memory of the server in bytes; smaps_rollup counts exactly where statm may lag behind. */
uint64_t server_memory(void) {
  char path[64], line[256];
  unsigned long kilobytes = 0;
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)options.server_pid);
  FILE *file = fopen(path, "r");
  if (!file) fail("cannot read %s", path);
  while (fgets(line, sizeof line, file) && sscanf(line, "Rss: %lu kB", &kilobytes) != 1) continue;
  fclose(file);
  return kilobytes * 1024u;
}

// Latencies: 32 classes per power of two, so a percentile is exact to 3 %.
static uint64_t classes[64 * 32];
static uint64_t recorded;

void clear_latencies(void) {
  memset(classes, 0, sizeof classes);
  recorded = 0;
}

void record_latency(uint64_t ns) {
  unsigned power = ns < 32 ? 5 : 63u - (unsigned)__builtin_clzll(ns);
  classes[power * 32 + (ns >> (power - 5) & 31)]++;
  recorded++;
}

double latency_percentile(double percent) {
  uint64_t wanted = (uint64_t)((double)recorded * percent / 100.0), seen = 0;
  for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++) {
    seen += classes[i];
    if (seen > wanted) return (double)((32u + i % 32) * (1ull << (i / 32 - 5))) / 1000.0;
  }
  return 0;
}
