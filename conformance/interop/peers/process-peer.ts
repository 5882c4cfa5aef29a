import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Queue } from "../queue.ts";
import type { Closed, EchoServer, ScriptedClient, Seen } from "../script.ts";

/** How to start a program that speaks JSON lines: with `drive` it runs scripts from its input, with `serve` it is an echo server. */
export interface PeerProgram {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A client in another process: it answers each script, one line, with one line: what it saw, or `{ "error": … }`. */
export async function startProcessClient(program: PeerProgram): Promise<ScriptedClient> {
  const lines = new Lines(program, "drive");
  return {
    async run(script) {
      lines.write(script);
      return (await lines.next()) as readonly Seen[];
    },
    stop: () => lines.stop(),
  };
}

/** A server in another process: its first line has its ports, each line after that the end of a connection. */
export async function startProcessServer(program: PeerProgram): Promise<EchoServer> {
  const lines = new Lines(program, "serve");
  const ports = (await lines.next()) as { plain: number; compressed: number };
  return {
    url: (compress) => `ws://127.0.0.1:${compress ? ports.compressed : ports.plain}`,
    nextClosed: async () => (await lines.next()) as Closed,
    stop: () => lines.stop(),
  };
}

class Lines {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines = new Queue<unknown>();
  #complaints = "";

  constructor({ path, args = [], env = {} }: PeerProgram, mode: "drive" | "serve") {
    this.#child = spawn(path, [...args, mode], { env: { ...process.env, ...env } });
    createInterface(this.#child.stdout).on("line", (line) => this.#lines.push(JSON.parse(line)));
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#complaints += String(chunk);
    });
    this.#child.once("error", (error) => this.#lines.push({ error: String(error) }));
    this.#child.once("close", (code) => this.#lines.push({ error: `it ended with ${code}: ${this.#complaints}` }));
  }

  write(value: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(value)}\n`);
  }

  async next(): Promise<unknown> {
    const value = await this.#lines.next();
    if (isFault(value)) throw new Error(`${this.#child.spawnfile}: ${value.error}`);
    return value;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "close");
  }
}

function isFault(value: unknown): value is { readonly error: string } {
  return typeof value === "object" && value !== null && "error" in value;
}
