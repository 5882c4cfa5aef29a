import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "@openline/testkit";
import { WebSocket } from "@openline/ws";

const program = findProgram("firefox-esr");

/** Why the tests with Firefox are skipped, `false` when they can run. With CI=true nothing is skipped: a missing Firefox fails there. */
export const noFirefox: string | false = program.path === undefined && process.env["CI"] !== "true" ? program.reason : false;

const startDeadlineMs = 60_000;

interface Answer {
  readonly id?: number;
  readonly type: "success" | "error" | "event";
  readonly result?: unknown;
  readonly message?: string;
}

/**
 * Debian's Firefox without a window, driven by WebDriver BiDi: JSON messages over a WebSocket, spoken here by our own. Debian's build has no other protocol, and for four
 * commands no library is worth its weight.
 */
export class Firefox {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;
  #context = "";

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("message", (data) => {
      this.#receive(JSON.parse(String(data)) as Answer);
    });
  }

  /** Starts it with one empty page. @throws Error with what it printed when it does not start. */
  static async launch(): Promise<Firefox> {
    if (program.path === undefined) throw new Error(program.reason);
    const profile = mkdtempSync(join(tmpdir(), "openline-firefox-"));
    const child = spawn(program.path, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"], {
      env: { ...process.env, ...program.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const socket = new WebSocket(`${await addressOf(child)}/session`, { perMessageDeflate: false });
    await once(socket, "open");
    const firefox = new Firefox(child, profile, socket);
    await firefox.#ask("session.new", { capabilities: {} });
    const { context } = (await firefox.#ask("browsingContext.create", { type: "tab" })) as { context: string };
    firefox.#context = context;
    return firefox;
  }

  async goto(url: string): Promise<void> {
    await this.#ask("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  /** Runs an expression in the page; what it, or its promise, gives must be a JSON value. @throws Error with what the page threw. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.#ask("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target: { context: this.#context },
      awaitPromise: true,
    })) as { result?: { value?: string }; exceptionDetails?: { text: string } };
    if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text);
    return JSON.parse(answer.result?.value ?? "null") as unknown;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#socket.terminate();
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #ask(method: string, parameters: object): Promise<unknown> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params: parameters }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #receive({ id, type, result, message }: Answer): void {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (type === "success") waiting?.resolve(result);
    else waiting?.reject(new Error(message));
  }
}

/** Firefox prints where it listens for a driver. */
async function addressOf(child: ChildProcess): Promise<string> {
  let printed = "";
  return await new Promise((resolve, reject) => {
    const fail = (): void => {
      child.kill("SIGKILL");
      reject(new Error(`Firefox did not start: ${printed}`));
    };
    const timer = setTimeout(fail, startDeadlineMs);
    child.once("exit", fail);
    child.stderr?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      child.off("exit", fail);
      resolve(found);
    });
  });
}
