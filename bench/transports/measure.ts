import { median } from "../harness/statistics.ts";
import { CountingProxy } from "./counting-proxy.ts";
import { type Way, ways } from "./ways.ts";

/** What one way of reading came to. All counts are of the time in which messages were published, its own opening included. */
export interface Measured {
  readonly way: Way;
  readonly messages: number;
  readonly requests: number;
  readonly connections: number;
  /** Bytes of the messages' data. */
  readonly payloadBytes: number;
  /** All other bytes on the line, both directions: heads, envelopes, frames. */
  readonly headerBytes: number;
  readonly latencyMs: { readonly median: number; readonly highest: number };
}

export interface MeasureOptions {
  readonly port: number;
  readonly publish: (data: unknown) => Promise<void>;
  readonly messages: number;
  /** The mean time between two messages. */
  readonly everyMs: number;
  /** From 0 to below 1; seeded, so that each run publishes at the same times. */
  readonly random: () => number;
}

interface Reader {
  readonly way: Way;
  readonly proxy: CountingProxy;
  readonly latencies: number[];
  requests: number;
  readonly stop: () => void;
}

/**
 * Reads one room in all ways at the same time, each through a meter of its own, while messages are published.
 * @throws Error when a message was lost, came twice, or out of order
 */
export async function measure(options: MeasureOptions): Promise<Measured[]> {
  const { publish, messages, everyMs, random } = options;
  const readers = await Promise.all(ways.map((way) => begin(way, options.port)));
  let payloadBytes = 0;
  for (let index = 0; index < messages; index++) {
    await new Promise((resolve) => setTimeout(resolve, 2 * everyMs * random()));
    const data = { n: index, sent: performance.now(), text: "BTC 64,210.50 EUR ▲ 0.4 %, 24 h: 63,900 to 65,120" };
    payloadBytes += Buffer.byteLength(JSON.stringify(data));
    await publish(data);
  }
  const deadline = performance.now() + 30_000;
  while (readers.some(({ latencies }) => latencies.length < messages)) {
    if (performance.now() > deadline)
      throw new Error(`not everything arrived: ${readers.map((reader) => `${reader.way.id} ${reader.latencies.length}`).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const measured = readers.map(({ way, proxy, latencies, requests }): Measured => {
    const { connections, up, down } = proxy;
    const latencyMs = { median: median(latencies), highest: Math.max(...latencies) };
    return { way, messages, requests, connections, payloadBytes, headerBytes: up + down - payloadBytes, latencyMs };
  });
  for (const reader of readers) {
    reader.stop();
    reader.proxy.close();
  }
  return measured;
}

async function begin(way: Way, port: number): Promise<Reader> {
  const proxy = await CountingProxy.start(port);
  const latencies: number[] = [];
  const counted = { requests: 0 };
  const stop = await way.start(proxy.port, {
    onRequest: () => counted.requests++,
    onData: (data) => {
      const { n, sent } = data as { n: number; sent: number };
      if (n !== latencies.length) throw new Error(`${way.name}: message ${n} came where ${latencies.length} was due`);
      latencies.push(performance.now() - sent);
    },
  });
  return {
    way,
    proxy,
    latencies,
    stop,
    get requests() {
      return counted.requests;
    },
  };
}
