import type { Terminal } from "./terminal.ts";

/** A line on a terminal that is written over and over; elsewhere nothing. */
export class StatusLine {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    if (this.#terminal.isInteractive) this.#terminal.err.write(`\r\u001b[2K${text}`);
  }

  clear(): void {
    if (this.#terminal.isInteractive) this.#terminal.err.write("\r\u001b[2K");
  }
}
