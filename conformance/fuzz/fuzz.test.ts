// The fuzzer for a few seconds with fixed seeds, and the corpus. For longer: `npm run fuzz -- --seconds 600`.
import { after, describe, test } from "node:test";
import { readCorpus } from "./corpus.ts";
import { fuzz, targets } from "./targets.ts";

const rules: Readonly<Record<string, { readonly rule: string; readonly seeds: number }>> = {
  stream: {
    rule: "any bytes, however they are cut, give the events that the RFC means and nothing else, in bounded memory (RFC 6455 §5, §7, §8, §10.4; R4)",
    seeds: 1500,
  },
  order: {
    rule: "any order of calls on the machine throws only what is documented, ends once, and writes a valid stream (RFC 6455 §5.4, §5.5.1, §7.1)",
    seeds: 1500,
  },
  fields: {
    rule: "any header fields are accepted only when they are right, and what we answer we take ourselves (RFC 6455 §4, §9.1; RFC 7692 §7.1)",
    seeds: 4000,
  },
  api: {
    rule: "any order of calls on WebSocket and WebSocketServer, also after the end, leaves nothing unhandled and nothing open (R23)",
    seeds: 600,
  },
  head: {
    rule: "any request head gets an HTTP status or the end of the connection within the deadline, and the server stays up (RFC 6455 §4.2; R16)",
    seeds: 150,
  },
  http2: {
    rule: "any frames of HTTP/2 leave nothing unhandled, every connection ends, and the server takes WebSockets on (RFC 8441 §5, RFC 9113 §5.4)",
    seeds: 100,
  },
  hixie: {
    rule: "any bytes behind a good head of the Hixie drafts give the texts that they mean, one end, and nothing unhandled (hixie-76 §5.3)",
    seeds: 300,
  },
  web: {
    rule: "any order of calls on the browser's classes gives the events in the standard's order, one end, and nothing unhandled (WebSockets Standard §3, §4)",
    seeds: 300,
  },
};

describe("fuzzer with fixed seeds", () => {
  for (const target of targets) {
    const { rule, seeds } = rules[target.name] ?? { rule: "has no rule", seeds: 0 };
    test(`${target.name}: ${rule}`, { timeout: 120_000 }, async () => {
      await fuzz(target, { from: 1, count: seeds, milliseconds: 60_000 });
    });
  }
});

describe("corpus", async () => {
  after(async () => {
    for (const target of targets) await target.end?.();
  });
  for (const each of await readCorpus()) {
    test(`${each.target}: ${each.rule}`, async () => {
      const target = targets.find(({ name }) => name === each.target);
      if (target === undefined) throw new RangeError(`there is no target ${each.target}`);
      await target.run(each);
    });
  }
});
