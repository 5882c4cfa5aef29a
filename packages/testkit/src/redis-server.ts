import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { findProgram } from "./programs.ts";

/** Why tests with a real Redis are skipped; undefined when there is one. */
export const noRedis: string | undefined = reasonWithout();

function reasonWithout(): string | undefined {
  const program = findProgram("redis-server");
  return program.path === undefined ? program.reason : undefined;
}

/** None may outlive the test process, whatever ends it. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A real redis-server on a free loopback port, with a directory of its own. Stop it at the end of the test. */
export class RedisServer {
  readonly port: number;
  readonly directory: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.directory = mkdtempSync(join(tmpdir(), "openline-redis-"));
    this.#args = args;
  }

  /** Starts it without persistence, unless `args` say otherwise. */
  static async start(...args: readonly string[]): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(await freePort(), args);
      try {
        await server.restart();
        return server;
      } catch (error) {
        await server.stop();
        // Between being free and being taken a port may go to another.
        if (attempt === 5) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the process again, on the same port and directory; resolves when it answers. */
  async restart(): Promise<void> {
    const program = findProgram("redis-server");
    if (program.path === undefined) throw new Error(program.reason);
    const basics = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.directory, "--save", "", "--daemonize", "no"];
    const child = spawn(program.path, [...basics, ...this.#args], { stdio: "ignore", env: { ...process.env, ...program.env } });
    this.#child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    const deadline = performance.now() + 10_000;
    while (!/^(\+PONG|-NOAUTH)/.test(await this.ask("PING").catch(() => ""))) {
      if (child.exitCode !== null) throw new Error(`redis-server on ${this.port} ended with ${child.exitCode}`);
      if (performance.now() > deadline) throw new Error(`redis-server on ${this.port} did not answer within 10 s`);
      await wait(5);
    }
    // Somebody else's server may have answered on that port.
    await wait(0);
    if (child.exitCode !== null) throw new Error(`redis-server on ${this.port} ended with ${child.exitCode}`);
  }

  /** Sends one command, as a line or by its words, and gives the first answer as it is on the wire. */
  async ask(command: string | readonly string[]): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    try {
      await once(socket, "connect");
      socket.write(typeof command === "string" ? `${command}\r\n` : words(command));
      const [data]: unknown[] = await once(socket, "data");
      return String(data);
    } finally {
      socket.destroy();
    }
  }

  /** Stops the process where it stands, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(name);
  }

  /** Ends the process at once and leaves the directory. */
  async kill(name: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(name);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function words(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
