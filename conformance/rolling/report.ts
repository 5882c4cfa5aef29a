import type { Happening } from "./crowd.ts";
import type { RollingRun } from "./rolling.ts";

const width = 860;
const height = 320;
const left = 56;
const right = 52;
const top = 44;
const bottom = 40;
const stepMs = 250;

interface Series {
  /** How many clients are connected at the end of each step. */
  readonly connected: readonly number[];
  /** Handshakes in the second that ends there. */
  readonly handshakes: readonly number[];
  readonly lengthMs: number;
}

/** The two lines of the picture. */
export function seriesOf({ options, happenings, restarts }: RollingRun): Series {
  const from = restarts[0]?.began ?? 0;
  const lengthMs = Math.max(...happenings.map(({ at }) => at), ...restarts.map(({ whole }) => whole)) - from + stepMs;
  const steps = Math.ceil(lengthMs / stepMs);
  const within = (what: Happening["what"], begin: number, end: number): number =>
    happenings.filter((each) => each.what === what && each.at - from >= begin && each.at - from < end).length;
  const connected: number[] = [];
  const handshakes: number[] = [];
  let now = options.clients;
  for (let step = 0; step < steps; step++) {
    const begin = step * stepMs;
    now += within("up", begin, begin + stepMs) - within("down", begin, begin + stepMs);
    connected.push(now);
    handshakes.push(within("up", begin + stepMs - 1000, begin + stepMs));
  }
  return { connected, handshakes, lengthMs };
}

/** The picture: how many are connected, and how fast they come back. */
export function rollingPlot(run: RollingRun): string {
  const { connected, handshakes, lengthMs } = seriesOf(run);
  const from = run.restarts[0]?.began ?? 0;
  const budget = run.options.perSecond * 2;
  const mostHandshakes = Math.max(budget, ...handshakes) * 1.1;
  const x = (ms: number): number => left + (ms / lengthMs) * (width - left - right);
  const y = (share: number): number => height - bottom - share * (height - top - bottom);
  const line = (values: readonly number[], most: number): string =>
    values.map((value, step) => `${x(step * stepMs).toFixed(1)},${y(value / most).toFixed(1)}`).join(" ");
  const bands = run.restarts.map(({ node, began, ready }) => {
    const start = x(began - from);
    return `<rect class="band" x="${start.toFixed(1)}" y="${top}" width="${(x(ready - from) - start).toFixed(1)}" height="${height - top - bottom}"/><text class="soft" x="${(start + 4).toFixed(1)}" y="${top + 14}">node ${node}</text>`;
  });
  const seconds = Array.from({ length: Math.floor(lengthMs / 5000) + 1 }, (_, index) => index * 5);
  const axis = seconds.map(
    (each) => `<text class="soft" text-anchor="middle" x="${x(each * 1000).toFixed(1)}" y="${height - 20}">${each} s</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${run.options.clients} clients over a rolling restart of three nodes</title>
<style>text { font: 12px system-ui, sans-serif; fill: #1f2328 } .soft { fill: #59636e } .band { fill: #ddf4ff } .ground { fill: #ffffff } polyline { fill: none; stroke-width: 2 } .up { stroke: #0969da } .rate { stroke: #bc4c00 } .budget { stroke: #bc4c00; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .soft { fill: #9198a1 } .band { fill: #13233a } .ground { fill: #0d1117 } .up { stroke: #4493f8 } .rate, .budget { stroke: #f0883e } }</style>
<rect class="ground" width="${width}" height="${height}"/>
<text x="${left}" y="22">blue: clients connected (of ${run.options.clients}); orange: handshakes in the last second; dashed: what two nodes may take (${budget})</text>
${bands.join("\n")}
<text class="soft" text-anchor="end" x="${left - 6}" y="${y(1) + 4}">${run.options.clients}</text><text class="soft" text-anchor="end" x="${left - 6}" y="${y(0) + 4}">0</text>
<text class="soft" x="${width - right + 6}" y="${(y(budget / mostHandshakes) + 4).toFixed(1)}">${budget}</text>
<line class="budget" x1="${left}" x2="${width - right}" y1="${y(budget / mostHandshakes).toFixed(1)}" y2="${y(budget / mostHandshakes).toFixed(1)}"/>
<polyline class="up" points="${line(connected, run.options.clients)}"/>
<polyline class="rate" points="${line(handshakes, mostHandshakes)}"/>
${axis.join("\n")}
</svg>
`;
}

/** The page with what was measured. */
export function rollingPage({ options, tally, restarts, happenings, mostInASecond }: RollingRun, taken: string): string {
  const downs = happenings.filter(({ what }) => what === "down").length;
  const failed = happenings.filter(({ what }) => what === "failed").length;
  const rows = restarts.map(
    ({ node, began, ended, ready, whole }) => `| ${node} | ${s(ended - began)} | ${s(ready - began)} | ${s(whole - began)} |`,
  );
  return `# A rolling restart

Three nodes behind HAProxy on one Redis, restarted one after another while ${options.clients.toLocaleString("en")} clients listen and ${options.rate} messages a second are published. Each node takes at most
${options.perSecond} connections in a second (\`--connections-per-second\`) and spreads its closes over ${s(options.spreadMs)} (\`--drain-code 1012 --drain-delay-ms 600 --drain-spread-ms ${options.spreadMs}\`).
\`node --import=tsx conformance/rolling/run.ts\` plays it and writes this page; \`conformance/rolling\` holds it as a test, with fewer clients in \`npm test\`, with 2,000 in \`npm run test:full\`.

![Clients connected and handshakes over time](performance/rolling-restart.svg)

| | |
| --- | --- |
| connections ended with 1012 | ${downs.toLocaleString("en")} |
| joins after that with \`recovered: true\` | ${tally.recovered.toLocaleString("en")} |
| with \`recovered: false\`, or told \`insufficient\` | ${tally.notRecovered + tally.insufficient} |
| clients connected at the end | ${tally.connected.toLocaleString("en")} of ${options.clients.toLocaleString("en")} |
| messages stored; lost, twice, out of order at any client | ${tally.published.toLocaleString("en")}; ${tally.lost}, ${tally.twice}, ${tally.outOfOrder} |
| attempts that were sent away, or met a node that was going | ${failed.toLocaleString("en")} |
| handshakes in the fullest second, two nodes together | ${mostInASecond} |

| node | gone after | ready again after | everybody back after |
| --- | --- | --- | --- |
${rows.join("\n")}

${taken}
`;
}

const s = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
