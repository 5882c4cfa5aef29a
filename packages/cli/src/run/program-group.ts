import type { AccessLog, LogFields } from "./access-log.ts";
import { ChildProgram, type ProgramOutcome, type ProgramStart } from "./child-program.ts";
import { closeEvent, type EnvelopeSource, messageEvent, openEvent, readOrder } from "./envelope.ts";
import type { ForkCap } from "./fork-cap.ts";
import { LineSplitter } from "./line-splitter.ts";
import { OutgoingLine, textLine } from "./outgoing-line.ts";
import { RateLimit } from "./rate-limit.ts";
import { ReplayBuffer } from "./replay-buffer.ts";
import { closeOf, RestartPolicy } from "./restart-policy.ts";
import type { RunSettings } from "./run-settings.ts";
import { SlowReaders } from "./slow-readers.ts";

/** One of those who hear a program and speak to it. */
export interface Member extends EnvelopeSource {
  /** For the log. */
  readonly fields: LogFields;
  /** Answers false when more waits for it than it should: `drained` is called when it has caught up. */
  send(line: OutgoingLine, isShared: boolean): boolean;
  close(code: number, reason: string): void;
  /** Takes no more messages from it until `release`; called in turns. */
  hold(): void;
  release(): void;
}

/** What of the settings a group goes by. */
export type GroupRules = Pick<
  RunSettings,
  | "binary"
  | "envelope"
  | "passStderr"
  | "invalidUtf8"
  | "maxLineBytes"
  | "maxLineRate"
  | "maxByteRate"
  | "closeMs"
  | "restart"
  | "restartMs"
  | "replay"
  | "slowMs"
>;

/** What a group is made of. */
export interface GroupOptions {
  readonly start: ProgramStart;
  readonly rules: GroupRules;
  readonly forks: ForkCap;
  readonly log: AccessLog;
  /** After how long without members the program is ended, in milliseconds; undefined: it stays. */
  readonly lingerMs: number | undefined;
  /** It takes no more members. */
  readonly onRetired: () => void;
}

/** A line of standard error longer than this is logged in pieces. */
const logLineBytes = 65_536;

const goingAway = "the server is going away";

/**
 * A program and those it talks to: one of them, or many. Its output goes to them as fast as they take it, what they say is its input as fast as it takes
 * that; neither piles up. It is started with the first member or by `start`, started again by rule, and ended with the last member where that is asked for.
 */
export class ProgramGroup {
  readonly #options: GroupOptions;
  readonly #members = new Map<string, Member>();
  readonly #slow: SlowReaders<Member>;
  /** Who is not listened to until the program takes more. */
  readonly #held = new Set<Member>();
  /** What came while there was no program: one message of each at most, since they are held. */
  #early: Buffer[] = [];
  readonly #replay: ReplayBuffer;
  readonly #restarts: RestartPolicy;
  #program: ChildProgram | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;
  /** Why output stands still. */
  readonly #pauses = new Set<"readers" | "rate">();
  #state: "open" | "retired" | "draining" = "open";
  #fault: { readonly code: number; readonly reason: string } | undefined;
  #settle: () => void = () => {};
  /** Resolves when the program has ended for good. */
  readonly over: Promise<void> = new Promise((resolve) => {
    this.#settle = resolve;
  });

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#replay = new ReplayBuffer(options.rules.replay);
    this.#restarts = new RestartPolicy(options.rules.restart, options.rules.restartMs);
    this.#slow = new SlowReaders({
      slowMs: options.rules.slowMs,
      stop: () => this.#pause("readers"),
      goOn: () => this.#resume("readers"),
      tooLate: (member) => this.#tooSlow(member),
    });
  }

  get size(): number {
    return this.#members.size;
  }

  get #isWaiting(): boolean {
    return this.#restartTimer !== undefined;
  }

  /** Starts the program, if it does not run. */
  start(): void {
    if (this.#program !== undefined || this.#isWaiting || this.#state !== "open") return;
    const { forks, start, rules, log } = this.#options;
    if (!forks.take()) {
      log.write("error", "process", "too many programs run: --maxforks", { command: start.file });
      return this.#endedForGood({ code: 1013, reason: "too many programs run" });
    }
    const stdout = new LineSplitter(rules.maxLineBytes, "refuse", (line) => this.#line("stdout", line));
    const stderr = new LineSplitter(logLineBytes, "cut", (line) => this.#errorLine(line));
    const limit = new RateLimit({ lines: rules.maxLineRate, bytes: rules.maxByteRate });
    this.#restarts.started();
    const program = new ChildProgram(
      start,
      {
        stdout: (chunk) => this.#output(stdout, limit, chunk),
        stderr: (chunk) => void stderr.push(chunk),
        writable: () => this.#releaseAll(),
        ended: (outcome) => {
          stdout.end();
          stderr.end();
          this.#ended(outcome);
        },
      },
      rules.closeMs,
    );
    this.#program = program;
    if (this.#pauses.size > 0) program.pauseOutput(rules.passStderr);
    log.write("debug", "process", "STARTED", this.#fields());
    if (rules.envelope) for (const member of this.#members.values()) program.write(openEvent(member));
    for (const bytes of this.#early.splice(0)) program.write(bytes);
    this.#releaseAll();
  }

  /** Lets somebody in: the lines to be replayed come first. */
  join(member: Member): void {
    clearTimeout(this.#lingerTimer);
    this.#members.set(member.id, member);
    if (this.#program === undefined) this.start();
    else if (this.#options.rules.envelope) this.#program.write(openEvent(member));
    for (const line of this.#replay.lines) if (!member.send(line, true)) this.#slow.add(member);
  }

  /** Somebody said something. */
  received(member: Member, data: Buffer, isBinary: boolean): void {
    if (!this.#members.has(member.id)) return;
    const { envelope, binary } = this.#options.rules;
    if (envelope) return this.#input(member, messageEvent(member, data, isBinary));
    if (binary) return this.#input(member, data);
    if (isBinary) return member.close(1003, "lines of text only: start the server with --binary");
    this.#input(member, Buffer.concat([data, newline]));
  }

  /** Somebody has caught up. */
  drained(member: Member): void {
    this.#slow.remove(member);
  }

  /** Somebody has gone. */
  left(member: Member, code: number, reason: string): void {
    if (this.#members.get(member.id) !== member) return;
    this.#remove(member);
    if (this.#options.rules.envelope) this.#program?.write(closeEvent(member, code, reason));
    if (this.#members.size > 0 || this.#state !== "open") return;
    const { lingerMs } = this.#options;
    if (lingerMs === 0) this.#retire();
    else if (lingerMs !== undefined) this.#lingerTimer = setTimeout(() => this.#retire(), lingerMs);
  }

  /** Ends the program and tells the members that the server goes away, after they got what it still said. */
  async drain(): Promise<void> {
    if (this.#state === "open") this.#options.onRetired();
    this.#state = "draining";
    this.#stopWaiting();
    if (this.#program === undefined) this.#endedForGood({ code: 1001, reason: goingAway });
    else this.#program.end();
    await this.over;
  }

  /** At once, with all that it started. */
  kill(): void {
    this.#program?.kill();
  }

  // ---- from the program

  #output(lines: LineSplitter, limit: RateLimit, chunk: Buffer): void {
    this.#lineCount = 0;
    if (this.#options.rules.binary) this.#deliver(new OutgoingLine(chunk, true), this.#members.values());
    else if (!lines.push(chunk))
      return this.#failed(1011, `a line of the program is longer than ${this.#options.rules.maxLineBytes} bytes`);
    const waitMs = limit.take(this.#lineCount, chunk.length);
    if (waitMs === 0 || this.#pauses.has("rate")) return;
    this.#pause("rate");
    setTimeout(() => this.#resume("rate"), waitMs);
  }

  #lineCount = 0;

  #line(stream: "stdout" | "stderr", bytes: Buffer): void {
    this.#lineCount++;
    const { envelope, invalidUtf8, passStderr } = this.#options.rules;
    if (this.#fault !== undefined) return;
    if (envelope) return this.#obey(bytes);
    const line = textLine(bytes, invalidUtf8);
    if (line === undefined) return this.#failed(1007, "the program wrote a line that is no UTF-8");
    const sent = passStderr ? new OutgoingLine(Buffer.from(JSON.stringify({ stream, data: line.data.toString() })), false) : line;
    this.#replay.add(sent);
    this.#deliver(sent, this.#members.values());
  }

  #errorLine(bytes: Buffer): void {
    this.#options.log.write("error", "stderr", bytes.toString(), this.#fields());
    if (this.#options.rules.passStderr) this.#line("stderr", bytes);
  }

  #obey(bytes: Buffer): void {
    const order = readOrder(bytes);
    if (order.kind === "fault") {
      const shown = bytes.length > 200 ? `${bytes.toString("utf8", 0, 200)}…` : bytes.toString();
      return this.#options.log.write("error", "envelope", `${order.message}: ${shown}`, this.#fields());
    }
    if (order.kind === "close") return this.#members.get(order.connection)?.close(order.code, order.reason);
    const { line, connection, room, except } = order;
    if (connection !== undefined)
      return this.#deliver(
        line,
        [this.#members.get(connection)].filter((member) => member !== undefined),
      );
    if (room === undefined) this.#replay.add(line);
    const fits = (member: Member): boolean => member.id !== except && (room === undefined || member.room === room);
    this.#deliver(line, [...this.#members.values()].filter(fits));
  }

  #deliver(line: OutgoingLine, members: Iterable<Member>): void {
    const isShared = this.#members.size > 1;
    for (const member of members) if (!member.send(line, isShared)) this.#slow.add(member);
  }

  #tooSlow(member: Member): void {
    const { slowMs } = this.#options.rules;
    this.#options.log.write("error", "session", `closed: it did not read for ${slowMs} ms while others waited`, member.fields);
    member.close(1013, "too slow");
    this.left(member, 1013, "too slow");
  }

  #pause(why: "readers" | "rate"): void {
    this.#pauses.add(why);
    this.#program?.pauseOutput(this.#options.rules.passStderr);
  }

  #resume(why: "readers" | "rate"): void {
    this.#pauses.delete(why);
    if (this.#pauses.size === 0) this.#program?.resumeOutput();
  }

  /** The program did what it must not: it ends, and everybody is told why. */
  #failed(code: number, reason: string): void {
    if (this.#fault !== undefined) return;
    this.#fault = { code, reason };
    this.#options.log.write("error", "process", reason, this.#fields());
    for (const member of this.#members.values()) member.close(code, reason);
    this.#pauses.clear();
    this.#program?.resumeOutput();
    this.#program?.end();
  }

  // ---- to the program

  #input(member: Member, bytes: Buffer): void {
    const program = this.#program;
    if (program === undefined || program.hasExited) this.#early.push(bytes);
    else if (program.write(bytes)) return;
    if (this.#held.has(member)) return;
    this.#held.add(member);
    member.hold();
  }

  #releaseAll(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const member of held) member.release();
  }

  // ---- ends

  #ended(outcome: ProgramOutcome): void {
    const { forks, log } = this.#options;
    const shown = outcome.error?.message ?? outcome.signal ?? `exit code ${outcome.code ?? "unknown"}`;
    log.write(outcome.error === undefined ? "debug" : "error", "process", `ENDED: ${shown}`, this.#fields());
    forks.release();
    this.#program = undefined;
    this.#pauses.delete("rate");
    if (this.#state === "draining") return this.#endedForGood({ code: 1001, reason: goingAway });
    const waitMs = this.#state === "open" && this.#fault === undefined ? this.#restarts.waitAfter(outcome) : undefined;
    if (waitMs === undefined) return this.#endedForGood(this.#fault ?? closeOf(outcome));
    log.write("info", "process", `${shown}: started again in ${waitMs} ms`, this.#fields());
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = undefined;
      this.start();
    }, waitMs);
  }

  #endedForGood({ code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.#state === "open") this.#options.onRetired();
    this.#state = this.#state === "open" ? "retired" : this.#state;
    for (const member of this.#members.values()) {
      this.#remove(member);
      member.close(code, reason);
    }
    this.#settle();
  }

  #retire(): void {
    if (this.#state !== "open") return;
    this.#state = "retired";
    this.#options.onRetired();
    this.#stopWaiting();
    this.#pauses.clear();
    if (this.#program === undefined) return this.#settle();
    // Nobody is there to read: what it still says must not hold it.
    this.#program.resumeOutput();
    this.#program.end();
  }

  #stopWaiting(): void {
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#lingerTimer);
    this.#restartTimer = undefined;
  }

  #remove(member: Member): void {
    this.#members.delete(member.id);
    if (this.#held.delete(member)) member.release();
    this.drained(member);
  }

  #fields(): LogFields {
    const [only] = this.#members.values();
    const { file } = this.#options.start;
    return { ...(this.#members.size === 1 ? only?.fields : {}), command: file, pid: this.#program?.pid };
  }
}

const newline = Buffer.from("\n");
