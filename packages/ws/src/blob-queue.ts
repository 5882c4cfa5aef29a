import { isBlob } from "./payload.ts";

/** What is to be sent when its turn comes. */
export interface Turn {
  readonly content: string | Uint8Array | Blob;
  /** Called with the content, a Blob's as bytes. */
  readonly go: (content: string | Uint8Array) => void;
  /** The Blob could not be read, or `go` threw. */
  readonly fail: (error: Error) => void;
}

/** A Blob's bytes come later. Until they are there, everything sent behind it waits here, so that the order of the calls is the order on the line. */
export class BlobQueue {
  readonly #turns: Turn[] = [];
  readonly #onEmpty: () => void;
  #bytes = 0;

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** Bytes that wait, without frame headers. */
  get bytes(): number {
    return this.#bytes;
  }

  add(turn: Turn): void {
    this.#turns.push(turn);
    this.#bytes += sizeOf(turn.content);
    if (this.#turns.length === 1) void this.#work();
  }

  async #work(): Promise<void> {
    for (let turn = this.#turns[0]; turn !== undefined; turn = this.#turns[0]) {
      const { content, go, fail } = turn;
      try {
        const ready = isBlob(content) ? new Uint8Array(await content.arrayBuffer()) : content;
        this.#leave(content);
        go(ready);
      } catch (cause) {
        if (this.#turns[0] === turn) this.#leave(content);
        fail(cause instanceof Error ? cause : new Error(String(cause)));
      }
    }
    this.#onEmpty();
  }

  #leave(content: Turn["content"]): void {
    this.#turns.shift();
    this.#bytes -= sizeOf(content);
  }
}

/** The size of a message's content as it will stand in its frames. */
export function sizeOf(content: Turn["content"]): number {
  return isBlob(content) ? content.size : Buffer.byteLength(content);
}
