// What a conformance case is: data. `runner.ts` plays it.
import { type FrameSpec, Opcode } from "./frames.ts";

/** Which end is the endpoint under test. */
export type Side = "server" | "client";

/** How the endpoint under test is set up; the names are those of the npm package `ws`. */
export interface Settings {
  readonly maxPayload?: number;
  readonly maxFragments?: number;
  readonly perMessageDeflate?: boolean | Readonly<Record<string, unknown>>;
  readonly protocols?: readonly string[];
  /** Our own defaults instead of those of `ws`; `ws` does not know the option. */
  readonly secure?: boolean;
  /** `echo` by default; `close` closes with 1000 "done" at the first message and then tries to send. */
  readonly behaviour?: "echo" | "close";
}

export type Step =
  /** Frames in one write, or cut at byte offsets, or every `chop` bytes. */
  | { readonly step: "send"; readonly frames: readonly FrameSpec[]; readonly cuts?: readonly number[]; readonly chop?: number }
  /** The header of a frame and the first `bytes` of its payload; `rest` sends what is left. */
  | { readonly step: "begin"; readonly frame: FrameSpec; readonly bytes: number }
  | { readonly step: "rest" }
  /** A compressed message in so many fragments, with control frames between each two. */
  | {
      readonly step: "compressed";
      readonly type: Type;
      readonly payload: Uint8Array;
      readonly fragments?: number;
      readonly between?: FrameSpec;
    }
  /** The tester's FIN or RST without a close frame. */
  | { readonly step: "end" | "drop" }
  | { readonly step: "echo"; readonly type: Type; readonly payload: Uint8Array; readonly compressed?: boolean }
  /** Like `echo`, but lawful also when the endpoint fails the connection before. */
  | { readonly step: "echo-first"; readonly type: Type; readonly payload: Uint8Array }
  | { readonly step: "pong"; readonly payload: Uint8Array }
  /** Nothing else came, and a ping is answered. */
  | { readonly step: "alive" }
  /** Nothing comes for so long. */
  | { readonly step: "quiet"; readonly ms: number }
  /** The client's close frame, then nothing for so long, then the tester ends TCP and so does the client. */
  | { readonly step: "closing-silence"; readonly ms: number }
  /** A close frame and the end of the TCP connection. `undefined` among the codes stands for an empty close frame. */
  | Closing
  /** The code with which the endpoint's own `close` event came. */
  | { readonly step: "local"; readonly code: number; readonly reason?: string };

export interface Closing {
  readonly step: "close";
  readonly codes: readonly (number | undefined)[];
  /** Codes that the RFC allows too. */
  readonly lawful?: readonly (number | undefined)[];
  readonly reason?: string;
  /** The endpoint started: the tester answers with the same code. */
  readonly reply?: boolean;
  /** No wrong byte came from the tester: the connection must not end without a close frame. */
  readonly clean?: boolean;
  /** What to send when the strict deadline has passed without a close frame; a close after that is lawful. */
  readonly late?: readonly Step[];
}

export type Type = "text" | "binary";

interface Named {
  readonly id: string;
  /** A rule as a sentence, with the section. */
  readonly title: string;
  /** Only in the full matrix. */
  readonly full?: boolean;
  readonly settings?: Settings;
}

/** A conversation after the opening handshake. */
export interface Conversation extends Named {
  readonly kind: "conversation";
  /** Both when left out. */
  readonly sides?: readonly Side[];
  /** `Sec-WebSocket-Extensions` as the tester's client offers and as the tester's server answers it. */
  readonly compression?: { readonly offer: string; readonly answer: string };
  readonly steps: readonly Step[];
}

/** An opening request to a server. */
export interface Request extends Named {
  readonly kind: "request";
  readonly line?: string;
  /** Changes to the fields of a good request; undefined takes one away. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** Lines to put after the fields as they are. */
  readonly extra?: readonly string[];
  readonly status: readonly number[];
  readonly lawful?: readonly number[];
  /** Fields of the answer: a pattern, or undefined for "must not be there". */
  readonly answer?: Readonly<Record<string, RegExp | undefined>>;
  /** It was no upgrade request: HTTP may keep the connection for the next one. */
  readonly mayStay?: boolean;
  /** The answer's extensions: accepted as the offer allows, or declined. */
  readonly extensions?: "accepted" | "declined" | "either";
}

/** An answer to a client's opening request. */
export interface Answer extends Named {
  readonly kind: "answer";
  readonly line?: string;
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** Bytes that follow the head in the same write. */
  readonly trailing?: readonly FrameSpec[];
  readonly outcome: "open" | "failed";
  /** Both outcomes are allowed, the other one is the better one. */
  readonly lawful?: boolean;
  /** The request's first line and fields: a pattern, or undefined for "must not be there". */
  readonly request?: Readonly<Record<string, RegExp | undefined>>;
  readonly requestLine?: RegExp;
}

export type Case = Conversation | Request | Answer;

export const bytes = (text: string): Buffer => Buffer.from(text);
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
export const noBytes: Buffer = Buffer.alloc(0);

/** Printable ASCII of that length, without a short period. */
export function letters(length: number): Buffer {
  const data = Buffer.alloc(length);
  for (let i = 0; i < length; i++) data[i] = 32 + ((i * 7 + (i >> 8) * 13 + (i >> 16) * 29) % 95);
  return data;
}

/** All byte values. */
export function octets(length: number): Buffer {
  const data = Buffer.alloc(length);
  for (let i = 0; i < length; i++) data[i] = (i * 31 + (i >> 8) * 17 + (i >> 16)) & 255;
  return data;
}

export const text = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec => frame(Opcode.text, payload, more);
export const binary = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec => frame(Opcode.binary, payload, more);
export const more = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec =>
  frame(Opcode.continuation, payload, { fin: false, ...more });
export const last = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec => frame(Opcode.continuation, payload, more);
export const ping = (payload: string | Uint8Array = "", more: Partial<FrameSpec> = {}): FrameSpec => frame(Opcode.ping, payload, more);
export const pong = (payload: string | Uint8Array = "", more: Partial<FrameSpec> = {}): FrameSpec => frame(Opcode.pong, payload, more);

export function frame(opcode: number, payload: string | Uint8Array, more: Partial<FrameSpec> = {}): FrameSpec {
  return { opcode, payload: typeof payload === "string" ? bytes(payload) : payload, ...more };
}

/** A close frame; without a code an empty one. */
export function close(code?: number, reason: string | Uint8Array = "", more: Partial<FrameSpec> = {}): FrameSpec {
  if (code === undefined) return frame(Opcode.close, "", more);
  const head = Buffer.from([code >> 8, code & 255]);
  return frame(Opcode.close, Buffer.concat([head, typeof reason === "string" ? bytes(reason) : reason]), more);
}

export const send = (...frames: readonly FrameSpec[]): Step => ({ step: "send", frames });
export const chopped = (chop: number, ...frames: readonly FrameSpec[]): Step => ({ step: "send", frames, chop });
export const cut = (cuts: readonly number[], ...frames: readonly FrameSpec[]): Step => ({ step: "send", frames, cuts });
const asBytes = (payload: string | Uint8Array): Uint8Array => (typeof payload === "string" ? bytes(payload) : payload);
export const echoText = (payload: string | Uint8Array): Step => ({ step: "echo", type: "text", payload: asBytes(payload) });
export const echoBinary = (payload: string | Uint8Array): Step => ({ step: "echo", type: "binary", payload: asBytes(payload) });
export const echoTextFirst = (payload: string | Uint8Array): Step => ({ step: "echo-first", type: "text", payload: asBytes(payload) });
export const seePong = (payload: string | Uint8Array = ""): Step => ({ step: "pong", payload: asBytes(payload) });
export const alive: Step = { step: "alive" };
/** The endpoint fails the connection with this code; other failing codes and a bare end of TCP are lawful, but not strict. */
export const fails = (code: number, ...lawful: readonly number[]): Closing => ({ step: "close", codes: [code], lawful });
/** The endpoint answers the tester's close frame. */
export const answers = (...codes: readonly (number | undefined)[]): Closing => ({ step: "close", codes, clean: true });

/** Names cases `group.1`, `group.2`, … in order. */
export function numbered(group: string, cases: readonly Omit<Conversation, "id" | "kind">[]): Conversation[] {
  return cases.map((each, index) => ({ ...each, id: `${group}.${index + 1}`, kind: "conversation" }));
}

/** A conversation of its own title and steps. */
export const says = (title: string, ...steps: readonly Step[]): Omit<Conversation, "id" | "kind"> => ({ title, steps });
