/** What `node --cpu-prof` writes, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function and its share of the CPU time, what it called not counted. */
export interface Hot {
  readonly name: string;
  /** File and line, `native` for what is not JavaScript. */
  readonly place: string;
  readonly share: number;
}

// What V8 counts as no work of the program.
const resting = new Set(["(idle)", "(root)"]);

/** The functions that took most of the time in which the process was not idle. */
export function hottest(text: string, count: number): Hot[] {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as CpuProfile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { name: string; place: string; time: number }>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || resting.has(frame.functionName)) continue;
    const time = Math.max(0, timeDeltas[index] ?? 0);
    const name = frame.functionName === "" ? "(anonymous)" : frame.functionName;
    const place = placeOf(frame.url, frame.lineNumber);
    const entry = times.get(`${name} ${place}`) ?? { name, place, time: 0 };
    entry.time += time;
    busy += time;
    times.set(`${name} ${place}`, entry);
  }
  const sorted = [...times.values()].toSorted((left, right) => right.time - left.time);
  return sorted.slice(0, count).map(({ name, place, time }) => ({ name, place, share: time / busy }));
}

/** `packages/ws/dist/connection.js:120`, `node:net:700`: no path of the machine. */
function placeOf(url: string, lineNumber: number): string {
  if (url === "") return "native";
  const file = url.replace(/^.*\/(?=packages\/|bench\/|node_modules\/)/, "");
  return `${file}:${lineNumber + 1}`;
}
