import type { BenchPlan } from "./bench-plan.ts";

/** A message of ours that came back. */
export interface Heard {
  readonly seq: number;
  /** When it was due to be sent, by {@link clockMs}. */
  readonly dueMs: number;
  readonly sender: string;
}

/** Milliseconds by the machine's monotonic clock: one clock for all processes of a machine. */
export const clockMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** How messages look on the line: to a server that echoes, or to a hub. */
export interface MessageForm {
  /** What a connection says first; the last answer to it makes it ready. */
  readonly greetings: readonly string[];
  /** Whether a text is the answer that makes the connection ready. */
  readonly isReady: (text: string) => boolean;
  /** Why the server refused, when the text says so. */
  readonly refusal: (text: string) => string | undefined;
  readonly write: (seq: number, dueMs: number, sender: string) => string;
  /** `undefined` for what is none of ours. */
  readonly read: (text: string) => Heard | undefined;
}

const mark = "openline-bench";

/** `bytes` is the length of a message; it has room for what it must carry in any case. */
export function messageForm({ room, bytes, token }: Pick<BenchPlan, "room" | "bytes" | "token">): MessageForm {
  return room === undefined ? plainForm(bytes) : hubForm(room, bytes, token);
}

function content(seq: number, dueMs: number, sender: string, bytes: number): string {
  const head = `${mark} ${sender} ${seq} ${dueMs.toFixed(3)} `;
  return head + "x".repeat(Math.max(0, bytes - head.length));
}

function readContent(text: string): Heard | undefined {
  const match = /^openline-bench (\S+) (\d+) ([\d.]+) /.exec(text);
  return match === null ? undefined : { sender: match[1] ?? "", seq: Number(match[2]), dueMs: Number(match[3]) };
}

function plainForm(bytes: number): MessageForm {
  return {
    greetings: [],
    isReady: () => false,
    refusal: () => undefined,
    write: (seq, dueMs, sender) => content(seq, dueMs, sender, bytes),
    read: readContent,
  };
}

/** docs/wire/hub-v1.md. A message of the hub is found without reading its JSON: a driver that parses all it hears measures itself. */
function hubForm(room: string, bytes: number, token: string | undefined): MessageForm {
  const name = JSON.stringify(room);
  const proof = token === undefined ? "" : `,"token":${JSON.stringify(token)}`;
  return {
    greetings: [`{"type":"connect","ref":1,"version":1${proof}}`, `{"type":"join","ref":2,"room":${name}}`],
    isReady: (text) => text.startsWith('{"type":"joined"'),
    refusal: (text) => (text.startsWith('{"type":"error"') ? errorOf(text) : undefined),
    write: (seq, dueMs, sender) => `{"type":"publish","ref":${seq + 3},"room":${name},"data":"${content(seq, dueMs, sender, bytes)}"}`,
    read: (text) => {
      if (!text.startsWith('{"type":"message"')) return undefined;
      const at = text.indexOf(`"${mark} `);
      return at < 0 ? undefined : readContent(text.slice(at + 1, at + 120));
    },
  };
}

function errorOf(text: string): string {
  const { code, message }: { readonly code?: string; readonly message?: string } = JSON.parse(text);
  return `${code}: ${message}`;
}
