import { contestants, reference } from "./contestants.ts";
import { explanations } from "./explanations.ts";
import { goals } from "./goals.ts";
import { drawPlot } from "./plot.ts";
import { goalTable, plotOf, profileTable, workloadTable } from "./report.ts";
import type { Circumstances, Results } from "./results.ts";
import { median } from "./statistics.ts";
import { markdownTable } from "./table.ts";
import { judge } from "./verdict.ts";
import { type Workload, workloads } from "./workloads.ts";

/** The pictures of the page by their file's name. */
const pictures = {
  overview: {
    title: "What a server costs: Openline beside ws, Bun, Go, and a byte echo in C",
    ids: ["echo-20", "echo-20-32", "echo-1k", "echo-16k", "fanout-200", "fanout-1000", "handshake", "idle"],
    only: ["openline", reference, "bun", "gorilla", "raw-epoll"],
  },
  echo: { title: "Echo", ids: ["echo-20", "echo-20-32", "echo-1k", "echo-16k", "echo-1m", "wss-1k", "deflate-1k"] },
  "fan-out": { title: "Fan-out", ids: ["fanout-200", "fanout-1000", "fanout-10000"] },
  connections: { title: "Connections", ids: ["handshake", "idle", "idle-heartbeat"] },
  hub: { title: "The hub", ids: ["hub-1000", "hub-memory", "hub-recover"] },
} as const satisfies Readonly<Record<string, Picture>>;

interface Picture {
  readonly title: string;
  /** Its workloads. */
  readonly ids: readonly string[];
  /** Its contestants, where not all are shown. */
  readonly only?: readonly string[];
}

/** docs/performance.md and the pictures beside it: path below docs -> text. */
export function writePages(results: Results): Map<string, string> {
  const files = new Map([["performance.md", page(results)]]);
  for (const [name, { title, ids, only }] of Object.entries<Picture>(pictures))
    files.set(`performance/${name}.svg`, drawPlot(plotOf(title, ids, results, only)));
  return files;
}

function page(results: Results): string {
  const { circumstances } = results;
  return `# Performance

<!-- Written by \`npm run bench\`; edit bench/harness/page.ts, not this file. -->

What an Openline server costs beside others that do the same work. The figure to compare is **server CPU per message**: the whole process, all threads,
from its own CPU clock. A busy machine disturbs it less than messages per second, but does disturb it: see the noise beside each figure.
${mixedBuilds(circumstances)}
![${pictures.overview.title}](performance/overview.svg)

## Goals

A goal is a ratio to \`ws\` with \`bufferutil\` in the same run (or a number of bytes), lowest of ${circumstances.rounds} rounds each. *Noise* is how far the median lies above
the lowest, the larger of the two servers'. A miss is marked and stays; below its workload stands where our server's time or memory went, and why.

${markdownTable(goalTable(results))}

## How it is measured

- The servers are in [\`bench/servers\`](../bench/servers): one echo and one broadcast application, the same for each. \`ws\`, \`bufferutil\` and Bun are fetched by exact version into
  \`~/.cache/openline/bench\`, gorilla and Go come from Debian's packages. Two byte echoes, one on Node's sockets and one on epoll in C, are the floor: they know no WebSocket at all.
- The driver is [\`bench/load\`](../bench/load), a C program with one thread. It checks every byte of every reply, its order, its opcode and header, the accept key of every handshake and
  the closing handshake of every connection; one wrong byte fails the run. It needs a C compiler; without one the comparison says so and ends.
- A fresh server for every run, pinned to one CPU, the driver on another: ${circumstances.pinned}. Within a round the servers take turns, and the rounds follow each other.
- *limit* says who had no CPU left. Where it was the driver there is no verdict.
- *others' CPU* is what everything else on the machine took meanwhile, as a share of one CPU. Other work only ever adds to a cost: therefore the lowest round counts.
- Latency is that of a closed loop, from the write to the checked reply: with much in flight it is mostly the queue.
- Memory is the growth of the resident set by 10,000 connections after a garbage collection; the first 100 are not counted. Memory of the kernel's sockets is not in it.
- *Openline* is the endpoint as it comes, on a port of its own; *portable* the same with \`driver: "portable"\`, without the fast driver and the acceptor
  ([performance-drivers.md](performance-drivers.md)); *views* with \`messages: "view"\`; *http server* on a server of \`node:http\` that the application made.
- Text messages, no extension unless the row says so, defaults of each library, TCP congestion control ${circumstances.congestionControl} on the servers' side${pacing(circumstances)}.

## Do it yourself

\`\`\`
npm run bench                               # micro-benchmarks, then everything on this page; writes it anew (about half an hour)
npm run bench -- --quick                    # the goals beside ws and Bun, under five minutes; prints the table
npm run bench -- comparison --workloads echo-20,idle --contestants openline,ws-bufferutil --rounds 7
npm run bench -- protocol                   # micro-benchmarks beside bench/baseline.json
npm run bench -- startup                    # how long \`openline --help\` takes: performance-startup.md
npm run bench -- workers                    # what a handshake costs with one worker and with several (R1): operations.md, Several processes
npm run bench -- protocol --save            # ... and keep them as the new baseline
\`\`\`

Every run's figures are kept in \`bench/results\`. The machine should have nothing else to do; at least two CPUs.

## This run

${circumstances.takenAt.slice(0, 16).replace("T", " ")} UTC, ${circumstances.cpus} × ${circumstances.cpu}, Linux ${circumstances.kernel}. ${versions(circumstances)}. ${circumstances.rounds} rounds of ${circumstances.seconds} s.
${noise(results)}
${skippedList(results)}
${workloads
  .filter(({ id }) => results.runs[id] !== undefined)
  .map((workload) => section(workload, results))
  .join("\n")}
![Echo](performance/echo.svg)

![Fan-out](performance/fan-out.svg)

![Connections](performance/connections.svg)

![The hub](performance/hub.svg)
`;
}

const mixedBuilds = ({ buildChanged }: Circumstances): string =>
  buildChanged
    ? "\n> **Not a figure of one program.** Our packages were built anew while these rounds ran, so each Openline figure is the lowest over several builds, and a\n> *met* or *MISSED* below is a first look only. The other servers are not touched by this.\n"
    : "";

const pacing = ({ congestionControl }: Circumstances): string => (congestionControl === "bbr" ? " (it paces, on loopback too)" : "");

const versions = ({ node, versions: others }: Circumstances): string =>
  [`Node ${node}`, ...Object.entries(others).map(([name, version]) => `${name} ${version}`)].join(", ");

function noise({ runs }: Results): string {
  const shares = Object.values(runs).flatMap((byContestant) =>
    Object.values(byContestant).flatMap((results) => results.flatMap((run) => (run.ok ? run.otherPercent : []))),
  );
  if (shares.length === 0) return "";
  const share = median(shares);
  const words =
    share < 10
      ? "The machine was quiet"
      : share < 40
        ? "The machine was not quiet"
        : "The machine was busy: take the figures as a first look";
  return `${words}: other work took ${share.toFixed(0)} % of one CPU in the median run, ${Math.max(...shares).toFixed(0)} % in the worst.`;
}

function section(workload: Workload, results: Results): string {
  const table = markdownTable(workloadTable(workload, results));
  const parts = [`### ${workload.title}`, workload.note, table, profile(workload, results), explanation(workload, results)];
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}

function profile({ id }: Workload, { profiles = {} }: Results): string | undefined {
  const found = profiles[id];
  if (found === undefined) return undefined;
  const label = contestants.find((each) => each.id === found.contestant)?.label ?? found.contestant;
  const words =
    found.of === "time"
      ? `where the time of *${label}* went in a further run, functions by their own share (\`--cpu-prof\`)`
      : `who allocated what is alive on the JavaScript heap of *${label}* with all connections open, in a further run (sampled; what lies outside that heap is not in it)`;
  return `The goal was missed: ${words}.\n\n${markdownTable(profileTable(found))}`;
}

function explanation({ id }: Workload, { runs, skipped }: Results): string | undefined {
  const isMissed = goals.some((goal) => goal.workload === id && judge(goal, runs, skipped).kind === "missed");
  return isMissed ? explanations[id] : undefined;
}

function skippedList({ skipped }: Results): string {
  const lines = Object.entries(skipped).map(([name, reason]) => `- ${name}: ${reason}`);
  return lines.length === 0 ? "" : `\nNot measured:\n\n${lines.join("\n")}\n`;
}
