import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, freePort } from "@openline/testkit";
import { until } from "./system-clock.ts";

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
    const server = new RedisServer(await freePort(), args);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    const program = findProgram("redis-server");
    if (program.path === undefined) throw new Error(program.reason);
    const basics = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.directory, "--save", "", "--daemonize", "no"];
    const child = spawn(program.path, [...basics, ...this.#args], { stdio: "ignore", env: { ...process.env, ...program.env } });
    this.#child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    await until(`redis-server on ${this.port}`, async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      return /^(\+PONG|-NOAUTH)/.test(await this.ask("PING").catch(() => ""));
    });
  }

  /** Sends one command in the simple form and gives the first answer as it is on the wire. */
  async ask(command: string): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    try {
      await once(socket, "connect");
      socket.write(`${command}\r\n`);
      const [data] = (await once(socket, "data")) as [Buffer];
      return data.toString();
    } finally {
      socket.destroy();
    }
  }

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
