/** What `node --cpu-prof` writes, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What bench/harness/heap-profile.mjs writes: a tree of callers and called, each with the bytes that it allocated and that are still alive. */
interface HeapNode {
  readonly callFrame: CpuProfile["nodes"][number]["callFrame"];
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** A function and its share of the whole, what it called not counted. */
export interface Hot {
  readonly name: string;
  /** File and line, `native` for what is not JavaScript. */
  readonly place: string;
  readonly share: number;
}

// What V8 counts as no work of the program.
const resting = new Set(["(idle)", "(root)"]);

/** The functions that took most of the time in which the process was not idle, from `afterSeconds` on: a start loads and compiles what does not come again. */
export function hottest(text: string, count: number, afterSeconds = 0): Hot[] {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as CpuProfile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const own: Own[] = [];
  let microseconds = 0;
  for (const [index, id] of samples.entries()) {
    microseconds += timeDeltas[index] ?? 0;
    const frame = frames.get(id);
    if (microseconds < afterSeconds * 1e6 || frame === undefined || resting.has(frame.functionName)) continue;
    own.push({ frame, amount: Math.max(0, timeDeltas[index] ?? 0) });
  }
  return largest(own, count);
}

/** The functions that allocated most of what is alive on the JavaScript heap. */
export function largestAllocators(text: string, count: number): Hot[] {
  const { head } = JSON.parse(text) as { readonly head: HeapNode };
  const own: Own[] = [];
  const left = [head];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    own.push({ frame: node.callFrame, amount: node.selfSize });
    left.push(...node.children);
  }
  return largest(own, count);
}

/** What a function took by itself, in one place of the profile. */
interface Own {
  readonly frame: HeapNode["callFrame"];
  readonly amount: number;
}

/** By function, wherever it was called from. */
function largest(own: readonly Own[], count: number): Hot[] {
  const sums = new Map<string, { name: string; place: string; sum: number }>();
  let total = 0;
  for (const { frame, amount } of own) {
    const name = frame.functionName === "" ? "(anonymous)" : frame.functionName;
    const place = placeOf(frame.url, frame.lineNumber);
    const entry = sums.get(`${name} ${place}`) ?? { name, place, sum: 0 };
    entry.sum += amount;
    total += amount;
    sums.set(`${name} ${place}`, entry);
  }
  const sorted = [...sums.values()].filter(({ sum }) => sum > 0).toSorted((left, right) => right.sum - left.sum);
  return sorted.slice(0, count).map(({ name, place, sum }) => ({ name, place, share: sum / total }));
}

/** `packages/ws/dist/connection.js:120`, `node:net:700`: no path of the machine. */
function placeOf(url: string, lineNumber: number): string {
  if (url === "") return "native";
  const file = url.replace(/^.*\/(?=packages\/|bench\/|node_modules\/)/, "");
  return `${file}:${lineNumber + 1}`;
}
