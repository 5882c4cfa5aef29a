import { drawPlot, type Panel } from "../harness/plot.ts";
import { markdownTable } from "../harness/table.ts";
import type { Measured } from "./measure.ts";
import { pollEveryMs } from "./ways.ts";

const perMessage = (value: number, { messages }: Measured): number => value / messages;
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const bytes = (value: number): string => Math.round(value).toLocaleString("en");

/** docs/transports.md. `taken` says when and where it was measured. */
export function transportsPage(
  measured: readonly Measured[],
  { everyMs, taken }: { readonly everyMs: number; readonly taken: string },
): string {
  const rows = measured.map((one) => [
    one.way.name,
    bytes(perMessage(one.headerBytes, one)),
    bytes(perMessage(one.payloadBytes, one)),
    `${one.requests}`,
    `${one.connections}`,
    ms(one.latencyMs.median),
    ms(one.latencyMs.highest),
  ]);
  const head = [
    "way",
    "header bytes per message",
    "payload bytes per message",
    "requests",
    "connections",
    "latency, median ms",
    "latency, highest ms",
  ];
  return `# Transports side by side

<!-- Written by \`npm run bench -- transports\`; edit bench/transports/page.ts, not this file. -->

One server, one room, one stream of ${measured[0]?.messages ?? 0} messages, ${everyMs} ms apart on average, read in five ways at the same time. Each reader's line has a meter that counts every byte in both directions. *Payload* is
the data of the messages; *header* is all the rest, spread over the messages: requests with the fields that Chromium sends, answers, envelopes, frames. Every message has to arrive once and in order in each way, or the run fails.

![Transports side by side](performance/transports.svg)

${markdownTable({ head, rows })}

- **Polling** asks every ${pollEveryMs} ms whether there is something. It pays for each question, answered or not, and a message waits for the next one: half the interval on average. Without keep-alive each question also
  opens a connection: one round trip more (none of that shows on loopback), and with TLS a handshake.
- **Long polling** asks once per message and has it at once, but pays the heads of a request and an answer for each. Where messages come faster than a round trip, several share one answer.
- **Server-sent events** pay the heads once; then \`id:\`, \`data:\` and what the hub says of a message. One direction only.
- **WebSocket** pays the handshake once; then 2 to 4 bytes a message below the hub's envelope, in both directions.

The times are those of loopback, on which a round trip takes next to nothing: on a real line add half a round trip to each, and one more to every poll that opens a connection. How to use the first four: [reading without a library](plain-reading.md).

${taken}
`;
}

/** The picture beside it. */
export function transportsPlot(measured: readonly Measured[]): string {
  const panel = (title: string, unit: string, valueOf: (one: Measured) => number): Panel => ({
    title,
    unit,
    bars: measured.map((one) => ({
      label: one.way.name.replace("polling, a connection each", "polling"),
      value: valueOf(one),
      kind: one.way.id === "websocket" ? "ours" : "other",
    })),
  });
  return drawPlot({
    title: "Transports side by side",
    note: "one room on one server, read in five ways at once; shorter is better",
    formatValue: (value) => (value < 10 && !Number.isInteger(value) ? value.toFixed(1) : bytes(value)),
    panels: [
      panel("Header bytes per message", "bytes, both directions", (one) => perMessage(one.headerBytes, one)),
      panel("Latency", "ms, median", (one) => one.latencyMs.median),
      panel("Requests", "in the whole run", (one) => one.requests),
      panel("Connections", "in the whole run", (one) => one.connections),
    ],
  });
}
