import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** One `openline serve` that is restarted on its port. */
export class HubNode {
  readonly port: number;
  readonly #args: readonly string[];
  #drain: () => Promise<number | null> = () => Promise.resolve(null);
  #kill: () => void = () => {};

  constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = ["serve", "--port", String(port), "--log-level", "warn", ...args];
  }

  /** Starts it; resolves when new clients are welcome. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [program, ...this.#args], { stdio: ["ignore", "ignore", "inherit"] });
    const ended = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
    this.#kill = () => void child.kill("SIGKILL");
    this.#drain = async () => {
      child.kill("SIGTERM");
      return await ended;
    };
    for (let tries = 0; !(await this.#isReady()); tries++) {
      if (child.exitCode !== null || tries > 600) throw new Error(`the node on port ${this.port} did not start`);
      await delay(50);
    }
  }

  /** Tells it to end, as a deploy does. Resolves with its exit code when it is gone. */
  async drain(): Promise<number | null> {
    return await this.#drain();
  }

  kill(): void {
    this.#kill();
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/ready`, { signal: AbortSignal.timeout(1000) })).ok;
    } catch {
      return false;
    }
  }
}
