import { Assembler } from "./assembler.ts";
import { decodeClose } from "./close-frame.ts";
import type { ProtocolErrorCode } from "./errors.ts";
import { ProtocolError, UsageError } from "./errors.ts";
import { NO_BYTES, Opcode } from "./frame.ts";
import type { MachineEvent } from "./machine-event.ts";
import { Event } from "./machine-types.ts";
import type { ParserOptions } from "./parser.ts";
import { Parsed, Parser } from "./parser.ts";
import type { Platform } from "./platform.ts";
import { Utf8Validator } from "./utf8.ts";

export interface InboundOptions extends ParserOptions {
  readonly skipUtf8Validation: boolean;
}

/** The events that come out of bytes; the others come out of what happens to the connection. */
export type InboundKind = (typeof Event)[
  | "None"
  | "Text"
  | "Binary"
  | "Ping"
  | "Pong"
  | "MessageStart"
  | "MessageData"
  | "MessageEnd"
  | "Inflate"
  | "Close"
  | "Error"];

/** How the message at hand is delivered. */
const WHOLE = 0;
const STREAMED = 1;
const FRAGMENTS = 2;

/** Where the codec stands. */
const IDLE = 0;
const ASKED = 1;
const ANSWERED = 2;

/**
 * Messages and control frames out of what the parser finds: assembly, UTF-8, inflating (RFC 6455 §5.4 to §5.6, §8.1; RFC 7692 §7.2.2).
 * Writes the fields of each event into the machine's.
 */
export class Inbound {
  /** Error: what is wrong. */
  fault: ProtocolError | undefined;
  /** Close: what the peer sent. */
  closeCode = 0;
  closeReason = "";
  /** Close: its payload as it came, in memory of its own, for the answer. */
  closePayload: Uint8Array = NO_BYTES;
  streaming: boolean;
  keepFragments: boolean;

  readonly #event: MachineEvent;
  readonly #platform: Platform;
  readonly #parser: Parser;
  readonly #assembler: Assembler;
  readonly #utf8: Utf8Validator;
  readonly #skipUtf8: boolean;

  #delivery: typeof WHOLE | typeof STREAMED | typeof FRAGMENTS = WHOLE;
  /** The parser's piece still has to be looked at: it was held back for MessageStart. */
  #pieceWaits = false;
  #endWaits = false;
  #codec: typeof IDLE | typeof ASKED | typeof ANSWERED = IDLE;
  #ignoreAnswer = false;
  #answer: Uint8Array = NO_BYTES;
  #inflatedBytes = 0;
  /** Whether the text of the message at hand is known to be ASCII. */
  #ascii = false;

  constructor(options: InboundOptions, event: MachineEvent, streaming: boolean, keepFragments: boolean) {
    this.#event = event;
    this.#platform = options.platform;
    this.#parser = new Parser(options);
    this.#assembler = new Assembler(options.platform);
    this.#utf8 = new Utf8Validator(options.platform.isUtf8);
    this.#skipUtf8 = options.skipUtf8Validation;
    this.streaming = streaming;
    this.keepFragments = keepFragments;
  }

  get maxPayloadBytes(): number {
    return this.#parser.maxPayloadBytes;
  }

  set maxPayloadBytes(bytes: number) {
    this.#parser.maxPayloadBytes = bytes;
  }

  get waitsForCodec(): boolean {
    return this.#codec === ASKED;
  }

  /** Whether `read()` may find something without new bytes. */
  get hasWork(): boolean {
    if (this.#codec === ASKED) return false;
    return this.#codec === ANSWERED || this.fault !== undefined || this.#pieceWaits || this.#endWaits || this.#parser.hasUnread;
  }

  /** Whether it stands between two messages, with nothing unread. */
  get isAtRest(): boolean {
    if (this.streaming || this.#codec !== IDLE || this.#ignoreAnswer || this.fault !== undefined) return false;
    return !this.#pieceWaits && !this.#endWaits && this.#parser.isAtRest;
  }

  feed(chunk: Uint8Array, owned: boolean): void {
    this.#parser.feed(chunk, owned);
  }

  keepUnread(): void {
    // Its MessageStart was read, it was not.
    if (this.#pieceWaits) this.#parser.keepPayload();
    this.#parser.keepUnread();
  }

  /** Forgets everything; an answer of the codec that is still on its way is ignored. */
  drop(): void {
    if (this.#codec === ASKED) this.#ignoreAnswer = true;
    this.#codec = IDLE;
    this.#answer = NO_BYTES;
    this.#pieceWaits = this.#endWaits = false;
    this.#parser.drop();
    this.#assembler.drop();
  }

  inflated(bytes: Uint8Array): void {
    if (!this.#takeAnswer()) return;
    this.#answer = bytes;
  }

  inflateFailed(why: "data" | "limit", detail: string): void {
    if (!this.#takeAnswer()) return;
    if (why === "limit") this.fault = new ProtocolError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    else this.fault = new ProtocolError("WS_ERR_INVALID_COMPRESSED_DATA", { value: detail });
  }

  text(): string {
    const event = this.#event;
    if (event.fragments !== undefined) return this.#platform.decodeUtf8(this.#joined(event.fragments));
    if (event.data.length === 0) return "";
    return this.#ascii ? this.#platform.decodeLatin1(event.data) : this.#platform.decodeUtf8(event.data);
  }

  /** The next Text, Binary, Ping, Pong, Close, Message*, Inflate; Error when the peer broke the protocol; None when bytes are missing. */
  read(): InboundKind {
    const parser = this.#parser;
    if (this.#codec === ASKED) return Event.None;
    if (this.#codec !== IDLE || this.#pieceWaits || this.#endWaits) {
      const kind = this.#goOn();
      if (kind !== Event.None) return kind;
    }
    for (;;) {
      let kind: InboundKind = Event.None;
      switch (parser.step()) {
        case Parsed.None:
          return Event.None;
        case Parsed.Whole:
          kind = this.#whole();
          break;
        case Parsed.Piece:
          kind = this.#piece();
          break;
        case Parsed.Control:
          return this.#control();
        case Parsed.Fault:
          return this.#fail(parser.fault, parser.faultValue);
      }
      if (kind !== Event.None) return kind;
    }
  }

  /** A message that lies whole in the chunk: nothing is kept, nothing is copied. */
  #whole(): InboundKind {
    const parser = this.#parser;
    if (parser.compressed || this.streaming || this.keepFragments) return this.#piece();
    const event = this.#event;
    event.data = parser.payload;
    event.owned = parser.ownsPayload;
    event.fragments = undefined;
    if (parser.opcode === Opcode.Binary) return Event.Binary;
    this.#ascii = parser.ascii;
    if (!parser.ascii && !this.#skipUtf8 && !this.#platform.isUtf8(parser.payload)) return this.#fail("WS_ERR_INVALID_UTF8", 0);
    return Event.Text;
  }

  #piece(): InboundKind {
    const parser = this.#parser;
    if (parser.messageStart) {
      this.#begin();
      if (this.#delivery === STREAMED) {
        this.#event.binary = parser.opcode === Opcode.Binary;
        this.#pieceWaits = true;
        return Event.MessageStart;
      }
    }
    return this.#takePiece();
  }

  #begin(): void {
    this.#delivery = this.streaming ? STREAMED : this.keepFragments ? FRAGMENTS : WHOLE;
    this.#utf8.reset();
    this.#inflatedBytes = 0;
    this.#ascii = false;
  }

  #takePiece(): InboundKind {
    const parser = this.#parser;
    if (!parser.compressed) return this.#content(parser.payload, false);
    if (parser.payload.length === 0 && !parser.messageEnd) return Event.None;
    this.#event.data = parser.payload;
    this.#event.owned = false;
    this.#event.final = parser.messageEnd;
    this.#event.limit = this.#parser.maxPayloadBytes - this.#inflatedBytes;
    this.#codec = ASKED;
    return Event.Inflate;
  }

  /** What was left over when `read()` last answered. */
  #goOn(): InboundKind {
    if (this.#pieceWaits) {
      this.#pieceWaits = false;
      return this.#takePiece();
    }
    if (this.#endWaits) {
      this.#endWaits = false;
      return Event.MessageEnd;
    }
    this.#codec = IDLE;
    if (this.fault !== undefined) return Event.Error;
    const bytes = this.#answer;
    this.#answer = NO_BYTES;
    this.#inflatedBytes += bytes.length;
    if (this.#inflatedBytes > this.#parser.maxPayloadBytes) return this.#fail("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", this.#inflatedBytes);
    return this.#content(bytes, true);
  }

  /** Payload of the message at hand, inflated where it was compressed. */
  #content(bytes: Uint8Array, owned: boolean): InboundKind {
    const parser = this.#parser;
    const last = parser.messageEnd;
    // The parser has seen ASCII while it unmasked: between two characters there is nothing left to check.
    const isChecked = !parser.compressed && parser.ascii && this.#utf8.complete;
    if (parser.opcode === Opcode.Text && !this.#skipUtf8 && !isChecked) {
      if (!this.#utf8.push(bytes) || (last && !this.#utf8.complete)) return this.#fail("WS_ERR_INVALID_UTF8", 0);
    }
    if (this.#delivery === STREAMED) return this.#stream(bytes, owned, last);
    this.#assembler.append(bytes, owned, parser.compressed ? 0 : parser.bytesLeft, last);
    if (this.#delivery === FRAGMENTS && parser.frameEnd) this.#assembler.endFragment();
    return last ? this.#message() : Event.None;
  }

  #stream(bytes: Uint8Array, owned: boolean, last: boolean): InboundKind {
    if (bytes.length === 0) return last ? Event.MessageEnd : Event.None;
    this.#event.data = bytes;
    this.#event.owned = owned;
    this.#endWaits = last;
    return Event.MessageData;
  }

  #message(): InboundKind {
    const event = this.#event;
    event.fragments = this.#delivery === FRAGMENTS ? this.#assembler.takeFragments() : undefined;
    event.data = event.fragments === undefined ? this.#assembler.take() : NO_BYTES;
    event.owned = true;
    return this.#parser.opcode === Opcode.Text ? Event.Text : Event.Binary;
  }

  #control(): InboundKind {
    const { opcode, payload } = this.#parser;
    if (opcode === Opcode.Close) return this.#closeFrame(payload);
    this.#event.data = payload;
    this.#event.owned = false;
    return opcode === Opcode.Ping ? Event.Ping : Event.Pong;
  }

  #closeFrame(payload: Uint8Array): InboundKind {
    const close = decodeClose(payload, this.#platform, this.#skipUtf8);
    if ("fault" in close) return this.#fail(close.fault, close.value);
    this.closeCode = close.code;
    this.closeReason = close.reason;
    this.closePayload = this.#joined([payload]);
    return Event.Close;
  }

  #fail(code: ProtocolErrorCode, value: number): InboundKind {
    this.fault = new ProtocolError(code, { value });
    return Event.Error;
  }

  #takeAnswer(): boolean {
    if (this.#ignoreAnswer) {
      this.#ignoreAnswer = false;
      return false;
    }
    if (this.#codec !== ASKED) throw new UsageError("USAGE_NOT_WAITING", { value: "inflated data" });
    this.#codec = ANSWERED;
    return true;
  }

  #joined(fragments: readonly Uint8Array[]): Uint8Array {
    const all = this.#platform.alloc(fragments.reduce((bytes, fragment) => bytes + fragment.length, 0));
    let at = 0;
    for (const fragment of fragments) {
      all.set(fragment, at);
      at += fragment.length;
    }
    return all;
  }
}
