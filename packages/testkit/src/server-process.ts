import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** How a real server is run. */
export interface ServerRecipe {
  readonly name: string;
  /** What is run, given the port and the server's own directory. */
  readonly command: (port: number, directory: string) => { file: string; args: readonly string[]; env?: Readonly<Record<string, string>> };
  /** Resolves with whether it serves. */
  readonly isReady: (port: number, server: ServerProcess) => Promise<boolean>;
  /** How long it may take to be ready. Default 10,000. */
  readonly readyMs?: number;
  /** Runs when the server is stopped for good. */
  readonly cleanUp?: () => void;
}

/** None may outlive the test process, whatever ends it. */
const running = new Set<ServerProcess>();
process.once("exit", () => {
  for (const server of running) server.end();
});

/** A real server on a free loopback port, with a directory of its own. It leads a process group, so that signals reach what it starts. Stop it at the end of the test. */
export class ServerProcess {
  readonly port: number;
  readonly directory: string;
  readonly #recipe: ServerRecipe;
  #child: ChildProcess | undefined;

  private constructor(recipe: ServerRecipe, port: number) {
    this.#recipe = recipe;
    this.port = port;
    this.directory = mkdtempSync(join(tmpdir(), `openline-${recipe.name}-`));
  }

  static async start(recipe: ServerRecipe): Promise<ServerProcess> {
    for (let attempt = 1; ; attempt++) {
      const server = new ServerProcess(recipe, await freePort());
      try {
        await server.restart();
        return server;
      } catch (error) {
        await server.stop();
        // Between being free and being taken a port may go to another.
        if (attempt === 3) throw error;
      }
    }
  }

  /** What it said, on both of its outputs. */
  get output(): string {
    return readFileSync(join(this.directory, "output"), "utf8");
  }

  /** Starts the process again, on the same port and directory; resolves when it serves. */
  async restart(): Promise<void> {
    const { name, command, isReady, readyMs = 10_000 } = this.#recipe;
    const { file, args, env } = command(this.port, this.directory);
    const output = openSync(join(this.directory, "output"), "a");
    const child = spawn(file, args, {
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
      detached: true,
      cwd: this.directory,
    });
    closeSync(output);
    child.on("error", () => {});
    this.#child = child;
    running.add(this);
    const deadline = performance.now() + readyMs;
    while (!(await isReady(this.port, this).catch(() => false))) {
      if (child.exitCode !== null || child.pid === undefined)
        throw new Error(`${name} ended with ${child.exitCode}: ${this.output.slice(-500)}`);
      if (performance.now() > deadline) throw new Error(`${name} did not answer within ${readyMs} ms: ${this.output.slice(-500)}`);
      await wait(20);
    }
  }

  /** Stops the whole group where it stands, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#signal(name);
  }

  /** Ends the group and leaves the directory. */
  async kill(name: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    running.delete(this);
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    this.#signal("SIGCONT");
    this.#signal(name);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#recipe.cleanUp?.();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Ends it without waiting: for the end of the test process. */
  end(): void {
    this.#signal("SIGKILL");
    this.#recipe.cleanUp?.();
  }

  #signal(name: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // It has ended.
    }
  }
}

/** Sends bytes to a port and resolves with whether the answer is as expected: accepting a connection is not serving. */
export async function answers(port: number, question: string, answer: RegExp): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  try {
    return await new Promise<boolean>((resolve) => {
      let said = "";
      socket.setTimeout(500, () => resolve(false));
      socket.once("close", () => resolve(false));
      socket.once("connect", () => socket.write(question, "latin1"));
      socket.on("data", (data) => {
        said += data.toString("latin1");
        if (answer.test(said)) resolve(true);
      });
    });
  } finally {
    socket.destroy();
  }
}
