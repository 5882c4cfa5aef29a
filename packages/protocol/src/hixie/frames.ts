const NO_BYTES = new Uint8Array(0);
const END = 0xff;
/** Lengths beyond it are no client's: what they announce would be read and thrown away for ever. */
const MAX_SKIPPED_BYTES = 2 ** 31;

/** What {@link HixieReader.next} answers. */
export const HixieEvent = {
  /** Nothing more for now. */
  None: 0,
  /** A text: `data`, UTF-8 as a rule; what is not is to be read as U+FFFD. */
  Text: 1,
  /** The client's closing handshake, hixie-76 only. Nothing follows. */
  Close: 2,
  /** A frame beyond the limit. Drop the transport: the drafts know no close code. Nothing follows. */
  TooBig: 3,
} as const;

export type HixieEventKind = (typeof HixieEvent)[keyof typeof HixieEvent];

const State = { Type: 0, Text: 1, OtherText: 2, Length: 3, Skip: 4, Over: 5 } as const;
type State = (typeof State)[keyof typeof State];

/** Reads the frames of the two drafts: 00 text FF; what has the high bit set has a length and is thrown away (hixie-75 §4.2, hixie-76 §5.3). */
export class HixieReader {
  /** The text at hand, until the next call. A view into the chunk where it stood in one piece. */
  data: Uint8Array = NO_BYTES;
  readonly #hasClose: boolean;
  readonly #maxPayloadBytes: number;
  #state: State = State.Type;
  #type = 0;
  #length = 0;
  #chunk: Uint8Array = NO_BYTES;
  #at = 0;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(draft: 75 | 76, maxPayloadBytes: number) {
    this.#hasClose = draft === 76;
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Takes the next bytes; call `next()` until it answers None. The chunk must not change before that. */
  receive(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  next(): HixieEventKind {
    while (this.#state !== State.Over && this.#at < this.#chunk.length) {
      const kind = this.#step();
      if (kind !== HixieEvent.None) return kind;
    }
    return HixieEvent.None;
  }

  #step(): HixieEventKind {
    if (this.#state === State.Type) return this.#begin(this.#chunk[this.#at++] ?? 0);
    if (this.#state === State.Length) return this.#lengthByte(this.#chunk[this.#at++] ?? 0);
    return this.#state === State.Skip ? this.#skip() : this.#text();
  }

  #begin(type: number): HixieEventKind {
    this.#type = type;
    this.#length = 0;
    this.#state = type >= 0x80 ? State.Length : type === 0 ? State.Text : State.OtherText;
    return HixieEvent.None;
  }

  #text(): HixieEventKind {
    const end = this.#chunk.indexOf(END, this.#at);
    const isWhole = end >= 0;
    const part = this.#chunk.subarray(this.#at, isWhole ? end : this.#chunk.length);
    this.#at += part.length + (isWhole ? 1 : 0);
    // Text of another type than 0 is thrown away (hixie-76 §5.3, step 2).
    if (this.#state === State.OtherText) {
      if (isWhole) this.#state = State.Type;
      return HixieEvent.None;
    }
    this.#size += part.length;
    if (this.#size > this.#maxPayloadBytes) return this.#over(HixieEvent.TooBig);
    if (!isWhole) {
      // The chunk's memory is the caller's.
      if (part.length > 0) this.#parts.push(part.slice());
      return HixieEvent.None;
    }
    this.data = this.#parts.length === 0 ? part : this.#joined(part);
    this.#parts = [];
    this.#size = 0;
    this.#state = State.Type;
    return HixieEvent.Text;
  }

  #joined(last: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #lengthByte(byte: number): HixieEventKind {
    this.#length = this.#length * 128 + (byte & 0x7f);
    if (this.#length > MAX_SKIPPED_BYTES) return this.#over(HixieEvent.TooBig);
    if (byte >= 0x80) return HixieEvent.None;
    if (this.#hasClose && this.#type === END && this.#length === 0) return this.#over(HixieEvent.Close);
    this.#state = this.#length === 0 ? State.Type : State.Skip;
    return HixieEvent.None;
  }

  #skip(): HixieEventKind {
    const bytes = Math.min(this.#length, this.#chunk.length - this.#at);
    this.#at += bytes;
    this.#length -= bytes;
    if (this.#length === 0) this.#state = State.Type;
    return HixieEvent.None;
  }

  #over(kind: HixieEventKind): HixieEventKind {
    this.#state = State.Over;
    this.#parts = [];
    return kind;
  }
}

/** A text as a frame of the drafts. The bytes are UTF-8, which has no FF. */
export function hixieText(utf8: Uint8Array): Uint8Array {
  const frame = new Uint8Array(utf8.length + 2);
  frame.set(utf8, 1);
  frame[frame.length - 1] = END;
  return frame;
}

/** The closing handshake of hixie-76, the same both ways. */
export const HIXIE_CLOSE: Readonly<Uint8Array> = new Uint8Array([END, 0]);
