import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { TestContext } from "node:test";

/** Debian's bsdutils, which every Debian has. */
const program = "/usr/bin/script";

/** Why the tests in a pseudo-terminal are skipped, `false` when they can run. */
export const skip: string | false = existsSync(program) ? false : "script is not installed: apt-get install bsdutils";

/** A program before a pseudo-terminal of 100 columns: what it shows, and somebody who types. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  #shown = "";

  constructor(t: TestContext, command: readonly string[]) {
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    this.#child = spawn(program, ["-qfec", `stty cols 100 rows 40; exec ${quoted}`, "/dev/null"], {
      env: { ...process.env, TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.after(() => this.#child.kill("SIGKILL"));
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#shown += text));
    this.ended = once(this.#child, "close").then(([code]: (number | null)[]) => code ?? null);
  }

  /** Everything that was written, escape sequences included. */
  get raw(): string {
    return this.#shown;
  }

  /** The same as text: colours and movements taken out. */
  get shown(): string {
    // oxlint-disable-next-line no-control-regex -- they are what is taken out
    return this.#shown.replaceAll(/\u001b\[[\d;?]*[A-Za-z]|\r/g, "");
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Resolves when it shows; what it showed when it ended without that is the error. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.shown)) {
      const over = await Promise.race([once(this.#child.stdout!, "data").then(() => false), this.ended.then(() => true)]);
      if (over && !pattern.test(this.shown)) throw new Error(`ended without ${String(pattern)}:\n${this.shown}`);
    }
  }
}
