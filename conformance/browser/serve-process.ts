import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "@openline/testkit";

const program = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
const startDeadlineMs = 60_000;

/** `openline serve` as its own process, on a port that stays the same over restarts. */
export class ServeProcess {
  readonly url: string;
  readonly #flags: readonly string[];
  #kill: () => Promise<void> = () => Promise.resolve();
  #pid: number | undefined;

  private constructor(port: number, basePath: string, flags: readonly string[]) {
    this.url = `http://localhost:${port}${basePath}`;
    this.#flags = ["serve", "--port", String(port), "--base-path", basePath, ...flags];
  }

  /** Starts a server on a free port, with these flags besides. */
  static async start(basePath: string, ...flags: readonly string[]): Promise<ServeProcess> {
    const serve = new ServeProcess(await freePort(), basePath, flags);
    await serve.start();
    return serve;
  }

  /** Starts it and resolves when it answers. @throws Error with what it printed when it ends instead. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [program, ...this.#flags], { stdio: ["ignore", "pipe", "pipe"] });
    this.#pid = child.pid;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, "exit");
    this.#kill = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    const deadline = Date.now() + startDeadlineMs;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await this.kill();
        throw new Error(`openline serve did not start: ${output}`);
      }
      await delay(25);
    }
  }

  /** The process ids of its workers, where it has any. */
  get workers(): number[] {
    return readFileSync(`/proc/${this.#pid}/task/${this.#pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  }

  /** Ends it as a power cut would; once it has ended, nothing happens. */
  async kill(): Promise<void> {
    await this.#kill();
  }

  /** Publishes over the HTTP API; the body goes as it is. */
  async post(room: string, body: string, contentType: string): Promise<Response> {
    return fetch(`${this.url}api/rooms/${encodeURIComponent(room)}/messages`, {
      method: "POST",
      headers: { "content-type": contentType },
      body,
    });
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}health`)).ok;
    } catch {
      return false;
    }
  }
}
