import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { paint, type Terminal } from "../terminal.ts";
import { closeMeaning } from "./close-meaning.ts";
import type { ConnectSettings } from "./connect-settings.ts";
import { shownUrl } from "./connection-fault.ts";
import { frameText } from "./frame-text.ts";
import { handshakeText } from "./handshake-text.ts";
import type { LineEnd, LineEvents } from "./line.ts";
import { bytesAsText, type Painter, textForPeople } from "./message-text.ts";
import { visible } from "./visible.ts";

/** Shows what happens on a line. `sent` is what we said ourselves. */
export interface Output extends LineEvents {
  sent(content: string | Buffer): void;
}

/** What an output goes by. */
export type OutputSettings = Pick<ConnectSettings, "raw" | "binary" | "saveTo" | "handshake" | "url">;

/** Where lines of text and raw bytes go: a terminal's screen leaves its prompt in place. */
export interface Screen {
  out(text: string): void;
  err(text: string): void;
  bytes(bytes: Buffer): void;
}

/** Numbers the files of `--save`. */
class Files {
  readonly #folder: string | undefined;
  #count = 0;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** The file that it was written to, if that was asked for. */
  save(bytes: Buffer): string | undefined {
    if (this.#folder === undefined) return undefined;
    for (;;) {
      const file = join(this.#folder, `${String(++this.#count).padStart(6, "0")}.bin`);
      try {
        writeFileSync(file, bytes, { flag: "wx" });
        return file;
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
    }
  }
}

/** How an end is told. */
export function endText(end: LineEnd, url: string): string {
  if (end.kind === "closed")
    return `closed with ${end.code}: ${end.meaning ?? closeMeaning(end.code)}${end.reason === "" ? "" : ` (${visible(end.reason)})`}`;
  if (end.kind === "refused") return `the server refused the handshake: ${visible(end.text)}`;
  if (end.kind === "out") return `not in the room ${visible(end.room)}: ${visible(end.message)}`;
  return `no connection to ${shownUrl(url)}: ${visible(end.message)}`;
}

/** For people before a terminal: arrows, colours, JSON in lines, the bits and pieces in between. */
export class PeopleOutput implements Output {
  readonly #settings: OutputSettings;
  readonly #screen: Screen;
  readonly #paint: Painter;
  readonly #files: Files;

  constructor(settings: OutputSettings, screen: Screen, terminal: Terminal) {
    this.#settings = settings;
    this.#screen = screen;
    this.#paint = (style, text) => (settings.raw ? text : paint(terminal, style, text));
    this.#files = new Files(settings.saveTo);
  }

  opened({ url, subprotocol, extensions }: Parameters<LineEvents["opened"]>[0]): void {
    const agreed = [subprotocol === "" ? "" : `subprotocol ${subprotocol}`, extensions].filter(Boolean).join(", ");
    this.note(`connected to ${url}${agreed === "" ? "" : ` (${agreed})`}; /help shows the commands, Ctrl-D ends`);
  }

  message(content: string | Buffer): void {
    if (typeof content !== "string") return this.#binary(content);
    this.#screen.out(`${this.#paint("cyan", "<")} ${this.#settings.raw ? visible(content) : textForPeople(content, this.#paint)}`);
  }

  sent(content: string | Buffer): void {
    // What was typed stands there already.
    if (typeof content !== "string") this.note(`sent ${content.length} bytes`);
  }

  pong(ms: number): void {
    this.note(`pong after ${ms.toFixed(1)} ms`);
  }

  note(text: string): void {
    this.#screen.out(this.#paint("dim", `* ${visible(text)}`));
  }

  handshake(seen: Parameters<LineEvents["handshake"]>[0]): void {
    if (this.#settings.handshake) for (const line of handshakeText(seen)) this.#screen.out(this.#paint("dim", line));
  }

  frame(direction: "sent" | "received", frame: Parameters<LineEvents["frame"]>[1], isCompressed: boolean): void {
    const [header, payload] = frameText(frame, isCompressed);
    const sign = direction === "sent" ? "->" : "<-";
    this.#screen.out(`${this.#paint("yellow", sign)} ${this.#paint("dim", header)}\n   ${this.#paint("dim", payload)}`);
  }

  ended(end: LineEnd): void {
    if (end.kind === "closed") this.note(endText(end, this.#settings.url));
    else this.#screen.err(`openline: ${endText(end, this.#settings.url)}`);
  }

  #binary(bytes: Buffer): void {
    const file = this.#files.save(bytes);
    const what =
      file === undefined ? `\n${bytesAsText(bytes, this.#settings.binary === "raw" ? "hex" : this.#settings.binary)}` : ` in ${file}`;
    this.#screen.out(`${this.#paint("cyan", "<")} ${this.#paint("dim", `${bytes.length} bytes`)}${what}`);
  }
}

/** For a pipe: messages alone on standard output, each a line, as they came; everything else on standard error. */
export class PipeOutput implements Output {
  readonly #settings: OutputSettings;
  readonly #screen: Screen;
  readonly #files: Files;

  constructor(settings: OutputSettings, screen: Screen) {
    this.#settings = settings;
    this.#screen = screen;
    this.#files = new Files(settings.saveTo);
  }

  opened(): void {}

  sent(): void {}

  message(content: string | Buffer): void {
    if (typeof content === "string") return this.#screen.out(content);
    const file = this.#files.save(content);
    if (file !== undefined) this.#screen.out(file);
    else if (this.#settings.binary === "raw") this.#screen.bytes(content);
    else this.#screen.out(bytesAsText(content, this.#settings.binary));
  }

  pong(ms: number): void {
    this.#screen.err(`pong after ${ms.toFixed(1)} ms`);
  }

  note(text: string): void {
    this.#screen.err(`* ${visible(text)}`);
  }

  handshake(seen: Parameters<LineEvents["handshake"]>[0]): void {
    if (this.#settings.handshake) for (const line of handshakeText(seen)) this.#screen.err(line);
  }

  frame(direction: "sent" | "received", frame: Parameters<LineEvents["frame"]>[1], isCompressed: boolean): void {
    this.#screen.err(`${direction === "sent" ? "->" : "<-"} ${frameText(frame, isCompressed).join("\n   ")}`);
  }

  ended(end: LineEnd): void {
    if (end.kind === "closed" && (end.code === 1000 || end.code === 1001 || end.code === 1005)) return;
    this.#screen.err(`openline: ${endText(end, this.#settings.url)}`);
  }
}

/** For scripts: everything that happens is a line of JSON. */
export class ListenOutput implements Output {
  readonly #settings: OutputSettings;
  readonly #screen: Screen;
  readonly #files: Files;
  readonly #now: () => Date;

  constructor(settings: OutputSettings, screen: Screen, now: () => Date = () => new Date()) {
    this.#settings = settings;
    this.#screen = screen;
    this.#files = new Files(settings.saveTo);
    this.#now = now;
  }

  opened(detail: Parameters<LineEvents["opened"]>[0]): void {
    this.#tell("open", detail);
  }

  message(content: string | Buffer): void {
    if (typeof content === "string") return this.#tell("message", { type: "text", data: content });
    const file = this.#files.save(content);
    const where = file === undefined ? { base64: content.toString("base64") } : { file };
    this.#tell("message", { type: "binary", bytes: content.length, ...where });
  }

  sent(content: string | Buffer): void {
    this.#tell("sent", typeof content === "string" ? { type: "text", data: content } : { type: "binary", bytes: content.length });
  }

  pong(ms: number): void {
    this.#tell("pong", { ms });
  }

  note(text: string): void {
    this.#tell("note", { text });
  }

  handshake(seen: Parameters<LineEvents["handshake"]>[0]): void {
    if (this.#settings.handshake) this.#tell("handshake", { lines: handshakeText(seen) });
  }

  frame(direction: "sent" | "received", frame: Parameters<LineEvents["frame"]>[1]): void {
    const { fin, rsv, opcode, masked, length, lengthBits, header } = frame;
    this.#tell("frame", {
      direction,
      fin,
      rsv1: rsv[0],
      rsv2: rsv[1],
      rsv3: rsv[2],
      opcode,
      masked,
      length,
      lengthBits,
      header: header.toString("hex"),
    });
  }

  ended(end: LineEnd): void {
    if (end.kind === "closed") this.#tell("close", { code: end.code, reason: end.reason, meaning: end.meaning ?? closeMeaning(end.code) });
    else this.#tell("error", { ...end, message: endText(end, this.#settings.url) });
  }

  #tell(event: string, detail: object): void {
    this.#screen.out(JSON.stringify({ event, time: this.#now().toISOString(), ...detail }));
  }
}
