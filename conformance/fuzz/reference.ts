// What a stream of bytes means, read slowly and apart from the code under test: RFC 6455 §5 and §7 word by word, over the whole stream at once.
import { isUtf8 } from "node:buffer";
import { constants, inflateRawSync } from "node:zlib";

export interface ReferenceOptions {
  readonly role: "server" | "client";
  readonly maxPayloadBytes: number;
  readonly maxFragments: number;
  readonly skipUtf8Validation: boolean;
  readonly compression: boolean;
}

export interface Expected {
  readonly lines: readonly string[];
  /** What must be answered, as lines: a pong for each ping, then the close frame. */
  readonly answers: readonly string[];
  /** From here on it depends on how the stream is cut: a compressed message is wrong in itself. */
  readonly isOpenEnded: boolean;
}

interface Header {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly start: number;
  readonly length: number;
  readonly key: Buffer | undefined;
}

interface OpenMessage {
  readonly isText: boolean;
  readonly isCompressed: boolean;
  payload: Buffer;
  frames: number;
}

const RECEIVABLE = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]);

/** A fault of the peer, with the close code it gets. */
class Fault extends Error {
  readonly closeCode: number;

  constructor(closeCode: number) {
    super(`fails with ${closeCode}`);
    this.closeCode = closeCode;
  }
}

class OpenEnd extends Error {}

/** What comes of the stream. */
export function expect(stream: Buffer, options: ReferenceOptions): Expected {
  const reader = new Reader(stream, options);
  try {
    reader.readAll();
    return { lines: reader.lines, answers: reader.answers, isOpenEnded: false };
  } catch (error) {
    if (error instanceof OpenEnd) return { lines: reader.lines, answers: reader.answers, isOpenEnded: true };
    if (!(error instanceof Fault)) throw error;
    const answer = Buffer.from([error.closeCode >> 8, error.closeCode & 255]).toString("hex");
    return { lines: [...reader.lines, `Error ${error.closeCode}`], answers: [...reader.answers, `8 ${answer}`], isOpenEnded: false };
  }
}

class Reader {
  readonly lines: string[] = [];
  readonly answers: string[] = [];
  readonly #stream: Buffer;
  readonly #options: ReferenceOptions;
  #message: OpenMessage | undefined;

  constructor(stream: Buffer, options: ReferenceOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  readAll(): void {
    for (let at = 0; ; ) {
      const header = this.#header(at);
      if (header === undefined) return;
      const end = header.start + header.length;
      const payload = unmasked(this.#stream.subarray(header.start, Math.min(end, this.#stream.length)), header.key);
      const isWhole = end <= this.#stream.length;
      if (header.opcode < 8) this.#data(header, payload, isWhole);
      else if (isWhole && this.#control(header.opcode, payload)) return;
      if (!isWhole) return;
      at = end;
    }
  }

  #header(at: number): Header | undefined {
    const stream = this.#stream;
    if (stream.length < at + 2) return undefined;
    const first = stream.readUInt8(at);
    const second = stream.readUInt8(at + 1);
    this.#checkStart(first, second);
    const short = second & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (stream.length < at + 2 + extra) return undefined;
    const length = extra === 0 ? BigInt(short) : BigInt(`0x${stream.subarray(at + 2, at + 2 + extra).toString("hex")}`);
    if ((extra === 2 && length < 126n) || (extra === 8 && (length < 65_536n || length >= 2n ** 63n))) throw new Fault(1002);
    if ((first & 8) === 0) this.#checkSize(first, length);
    const masked = second > 127;
    const start = at + 2 + extra + (masked ? 4 : 0);
    if (stream.length < start) return undefined;
    const key = masked ? stream.subarray(start - 4, start) : undefined;
    return { fin: first > 127, rsv: (first >> 4) & 7, opcode: first & 15, start, length: Number(length), key };
  }

  #checkStart(first: number, second: number): void {
    const opcode = first & 15;
    const isControl = opcode >= 8;
    if ((first & 0x30) !== 0 || ![0, 1, 2, 8, 9, 10].includes(opcode)) throw new Fault(1002);
    if ((first & 0x40) !== 0 && (!this.#options.compression || isControl || opcode === 0)) throw new Fault(1002);
    if (isControl && (first < 128 || (second & 127) > 125 || (opcode === 8 && (second & 127) === 1))) throw new Fault(1002);
    if (!isControl && (opcode === 0) !== (this.#message !== undefined)) throw new Fault(1002);
    if (second > 127 !== (this.#options.role === "server")) throw new Fault(1002);
  }

  #checkSize(first: number, length: bigint): void {
    const total = BigInt(this.#message?.payload.length ?? 0) + length;
    if (total > BigInt(this.#options.maxPayloadBytes)) {
      // A compressed message may be a little larger than what it holds: how much is the machine's affair.
      if (this.#message?.isCompressed ?? (first & 0x40) !== 0) throw new OpenEnd();
      throw new Fault(1009);
    }
    if ((this.#message?.frames ?? 0) >= this.#options.maxFragments) throw new Fault(1008);
  }

  #data(header: Header, payload: Buffer, isWhole: boolean): void {
    const message = (this.#message ??= {
      isText: header.opcode === 1,
      isCompressed: header.rsv === 4,
      payload: Buffer.alloc(0),
      frames: 0,
    });
    message.payload = Buffer.concat([message.payload, payload]);
    message.frames++;
    const isLast = isWhole && header.fin;
    if (message.isCompressed) this.#inflate(message, isLast);
    else this.#checkText(message, message.payload, isLast);
    if (!isLast) return;
    this.#message = undefined;
    this.lines.push(message.isText ? `Text ${JSON.stringify(message.payload.toString())}` : `Binary ${message.payload.toString("hex")}`);
  }

  #checkText(message: OpenMessage, payload: Buffer, isLast: boolean): void {
    if (!message.isText || this.#options.skipUtf8Validation) return;
    if (isLast ? !isUtf8(payload) : !mayBecomeUtf8(payload)) throw new Fault(1007);
  }

  #inflate(message: OpenMessage, isLast: boolean): void {
    const tail = isLast ? [0, 0, 0xff, 0xff] : [];
    let inflated: Buffer;
    try {
      inflated = inflateRawSync(Buffer.concat([message.payload, Buffer.from(tail)]), { finishFlush: constants.Z_SYNC_FLUSH });
      this.#checkText(message, inflated, isLast);
    } catch {
      throw new OpenEnd();
    }
    if (inflated.length > this.#options.maxPayloadBytes) throw new OpenEnd();
    if (isLast) message.payload = inflated;
  }

  /** Whether the stream ends here. */
  #control(opcode: number, payload: Buffer): boolean {
    const hex = payload.toString("hex");
    if (opcode !== 8) {
      this.lines.push(`${opcode === 9 ? "Ping" : "Pong"} ${hex}`);
      if (opcode === 9) this.answers.push(`10 ${hex}`);
      return false;
    }
    const code = payload.length === 0 ? 1005 : payload.readUInt16BE(0);
    if (payload.length > 0 && !RECEIVABLE.has(code) && !(code >= 3000 && code <= 4999)) throw new Fault(1002);
    if (!this.#options.skipUtf8Validation && !isUtf8(payload.subarray(2))) throw new Fault(1007);
    this.lines.push(`Close ${code} ${JSON.stringify(payload.subarray(2).toString())}`);
    this.answers.push(`8 ${hex}`);
    return true;
  }
}

function unmasked(bytes: Buffer, key: Buffer | undefined): Buffer {
  return key === undefined ? Buffer.from(bytes) : Buffer.from(bytes.map((byte, at) => byte ^ (key[at % 4] ?? 0)));
}

/** Whether some bytes could follow that make it valid: tries all the ends that a last character can have. */
function mayBecomeUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const ends = [0x80, 0x90, 0x9f, 0xa0, 0xbf].flatMap((next) => [[next], [next, 0x80], [next, 0x80, 0x80]]);
  return ends.some((end) => isUtf8(Buffer.concat([bytes, Buffer.from(end)])));
}
