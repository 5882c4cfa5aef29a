import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { endInSteps } from "./end-steps.ts";
import type { Environment } from "./environment.ts";

/** What is started. */
export interface ProgramStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Default: our own working directory. */
  readonly cwd?: string;
}

/** How a program ended. */
export interface ProgramOutcome {
  /** Undefined when a signal ended it, or when it could not be started. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly error: Error | undefined;
}

/** What a program's owner hears. */
export interface ProgramEvents {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** Input that was refused by `write` may come again. */
  writable(): void;
  /** It is over, and everything that it wrote has been told. Called once. */
  ended(outcome: ProgramOutcome): void;
}

/** Output that went on after the program closed it, or after the last signal, is not waited for any longer. */
const afterwardsMs = 250;

/**
 * A program that runs in a process group of its own, so that what it starts ends with it. Its output comes as fast as the owner takes it: `pauseOutput` makes it
 * stand still. `end` ends it in steps.
 */
export class ChildProgram {
  readonly #events: ProgramEvents;
  readonly #closeMs: number;
  /** Undefined when the system refused at once. */
  readonly #child: ChildProcess | undefined;
  #isEnding = false;
  #error: Error | undefined;
  #isOver = false;
  #isFull = false;
  #hasExited = false;

  /** Never throws: what cannot be started ends with an error. */
  constructor(start: ProgramStart, events: ProgramEvents, closeMs: number) {
    this.#events = events;
    this.#closeMs = closeMs;
    this.#child = this.#spawn(start);
    if (this.#child !== undefined) this.#listen(this.#child);
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It has ended, though what it wrote may not have been told yet: input is for nobody. */
  get hasExited(): boolean {
    return this.#hasExited || this.#isOver;
  }

  /** Hands it input. Answers false when no more should come before `writable`: nothing is lost, it is kept meanwhile. */
  write(bytes: Uint8Array): boolean {
    const input = this.#child?.stdin;
    if (input?.writable !== true) return true;
    this.#isFull = !input.write(bytes);
    return !this.#isFull;
  }

  /** Bytes of input that it has not taken. */
  get waitingBytes(): number {
    return this.#child?.stdin?.writableLength ?? 0;
  }

  pauseOutput(withStderr: boolean): void {
    this.#child?.stdout?.pause();
    if (withStderr) this.#child?.stderr?.pause();
  }

  resumeOutput(): void {
    if (this.#isOver) return;
    this.#child?.stdout?.resume();
    this.#child?.stderr?.resume();
  }

  /** No more input. */
  closeInput(): void {
    this.#child?.stdin?.end();
  }

  /** End of input, then SIGINT, SIGTERM and SIGKILL to the whole group, as far as they are needed. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    endInSteps(
      {
        closeInput: () => this.closeInput(),
        signal: (name) => this.#signal(name),
        over: () => this.#cutOutput(),
      },
      this.#closeMs,
    );
  }

  /** At once, and all of it. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Some refusals of the system are thrown (no memory), most are told later (no such file). */
  #spawn({ file, args, env, cwd }: ProgramStart): ChildProcess | undefined {
    try {
      // A group of its own (setsid): a terminal's Ctrl-C is for us, who end it in steps.
      return spawn(file, [...args], {
        env,
        detached: true,
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
        ...(cwd !== undefined && { cwd }),
      });
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      process.nextTick(() => this.#finish(null, null));
      return undefined;
    }
  }

  #listen(child: ChildProcess): void {
    const { stdin, stdout, stderr } = child;
    child.once("error", (error: Error) => {
      this.#error = error;
      if (child.pid === undefined) this.#finish(null, null);
    });
    child.once("exit", () => this.#exited());
    child.once("close", (code, signal) => this.#finish(code, signal));
    stdin?.on("drain", () => this.#drained()).on("error", () => this.#drained());
    stdout?.on("data", (chunk: Buffer) => this.#events.stdout(chunk));
    stderr?.on("data", (chunk: Buffer) => this.#events.stderr(chunk));
    // A program that closes its output has said all: it is given the time to end by itself.
    stdout?.once("end", () => setTimeout(() => this.end(), afterwardsMs).unref());
  }

  #drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#events.writable();
  }

  /** What it started goes with it, and may hold the output open until then. */
  #exited(): void {
    this.#hasExited = true;
    if (this.#signal(0)) this.end();
  }

  #cutOutput(): void {
    const streams: readonly (Readable | Writable | null | undefined)[] = [this.#child?.stdin, this.#child?.stderr, this.#child?.stdout];
    setTimeout(() => {
      // A reader that holds the output back gets all of it, unless somebody who left the group holds it open.
      if (!this.#isOver && this.#child?.stdout?.isPaused() !== true) for (const stream of streams) stream?.destroy();
    }, afterwardsMs).unref();
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.ended({ code: code ?? undefined, signal: signal ?? undefined, error: this.#error });
  }

  /** To the whole group. Answers whether anybody was left. */
  #signal(name: NodeJS.Signals | 0): boolean {
    const child = this.#child;
    const pid = child?.pid;
    if (child === undefined || pid === undefined) return false;
    try {
      return process.platform === "win32" ? child.kill(name) : process.kill(-pid, name);
    } catch {
      return false;
    }
  }
}
