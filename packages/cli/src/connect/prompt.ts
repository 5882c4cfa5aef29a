import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Screen } from "./output.ts";

/** What somebody at the prompt asks for. */
export type PromptOrder =
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "send-bytes"; readonly bytes: Buffer }
  | { readonly kind: "send-file"; readonly file: string }
  | { readonly kind: "ping" | "help" }
  | { readonly kind: "close"; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: "fault"; readonly message: string };

/** The commands, for `/help`. */
export const promptHelp: readonly string[] = [
  "each line is a message; //text sends /text",
  "/ping                    measures the round trip",
  "/hex 48 65 6c 6c 6f      sends these bytes as a binary message",
  "/file PATH               sends a file as a binary message",
  "/close [CODE [REASON]]   closes; so do Ctrl-D and Ctrl-C",
  "arrow keys: what was typed before",
];

/** Reads a line of the prompt: a command, or a message. */
export function readOrder(line: string): PromptOrder {
  if (!line.startsWith("/")) return { kind: "send", text: line };
  if (line.startsWith("//")) return { kind: "send", text: line.slice(1) };
  const [, name = "", rest = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  if (name === "ping" || name === "help") return { kind: name };
  if (name === "hex") return hexOrder(rest);
  if (name === "file") return rest === "" ? { kind: "fault", message: "/file needs a path" } : { kind: "send-file", file: rest.trim() };
  if (name === "close") return closeOrder(rest);
  return { kind: "fault", message: `there is no command /${name}: /help shows them, //… sends a line that begins with a slash` };
}

function hexOrder(text: string): PromptOrder {
  const digits = text.replaceAll(/\s|0x/g, "");
  if (digits === "" || digits.length % 2 === 1 || /[^\da-f]/i.test(digits))
    return { kind: "fault", message: "/hex needs two digits for each byte, as in /hex 48 65" };
  return { kind: "send-bytes", bytes: Buffer.from(digits, "hex") };
}

function closeOrder(text: string): PromptOrder {
  const [, code, reason = ""] = /^(\d+)?\s*([\s\S]*)$/.exec(text) ?? [];
  return { kind: "close", code: code === undefined ? undefined : Number(code), reason };
}

/** A prompt with line editing and history, under which others may write. */
export class Prompt implements Screen {
  readonly #reader: Interface;
  readonly #output: Writable;
  #isOpen = true;

  /** `onLine` gets each line, `onEnd` is told of Ctrl-D and Ctrl-C. */
  constructor(input: Readable, output: Writable, onLine: (line: string) => void, onEnd: () => void) {
    this.#output = output;
    this.#reader = createInterface({ input, output, prompt: "> ", historySize: 1000, removeHistoryDuplicates: true });
    this.#reader.on("line", (line) => {
      onLine(line);
      if (this.#isOpen) this.#reader.prompt();
    });
    this.#reader.on("SIGINT", onEnd);
    this.#reader.on("close", () => {
      this.#isOpen = false;
      onEnd();
    });
    this.#reader.prompt();
  }

  out(text: string): void {
    if (!this.#isOpen) return void this.#output.write(`${text}\n`);
    // Over the prompt and what has been typed, which may be several rows; the reader draws them again below.
    const { rows } = this.#reader.getCursorPos();
    this.#output.write(`${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J${text}\n`);
    // Node has no other way to say that the rows it drew before are gone: without it, it would go up by as many and draw over the text.
    Reflect.set(this.#reader, "prevRows", 0);
    this.#reader.prompt(true);
  }

  err(text: string): void {
    this.out(text);
  }

  bytes(bytes: Buffer): void {
    this.#output.write(bytes);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.write("\r\u001b[J");
    this.#reader.close();
  }
}
