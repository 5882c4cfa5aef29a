import type { Machine } from "@openline/protocol";
import type { Deflated, Inflated, MessageCodec } from "./message-codec.ts";

/** What of a machine a {@link CodecExchange} deals with. */
export type CodecMachine = Pick<Machine, "data" | "final" | "fresh" | "limit" | "inflated" | "inflateFailed" | "deflated">;

/** What a {@link CodecExchange} asks of the connection it is made for. */
export interface CodecUser {
  /** The machine of the moment. */
  readonly machine: CodecMachine;
  /** The codec answers an `inflate` later: nothing should be read until `inflateAnswered`. */
  inflateAwaited(): void;
  /** The machine has the answer that was awaited, and may have events. */
  inflateAnswered(): void;
  /** The same for a `deflate` that was not answered at once. */
  deflateAnswered(): void;
  /** Drops the connection. */
  terminate(cause: Error): void;
}

/** Carries what a machine wants compressed or inflated to the codec of its connection, and the answers back. Made only for connections with a codec. */
export class CodecExchange {
  readonly #codec: MessageCodec;
  readonly #user: CodecUser;
  readonly #onInflated: (result: Inflated) => void;
  readonly #onDeflated: (result: Deflated) => void;

  constructor(codec: MessageCodec, user: CodecUser) {
    this.#codec = codec;
    this.#user = user;
    this.#onInflated = (result) => {
      this.#tellInflated(user.machine, result);
      user.inflateAnswered();
    };
    this.#onDeflated = (result) => {
      this.#tellDeflated(user.machine, result);
      user.deflateAnswered();
    };
  }

  /** To be called at `Event.Inflate`. */
  inflate(machine: CodecMachine): void {
    const result = this.#codec.inflate(machine.data, machine.final, machine.limit, this.#onInflated);
    if (result !== undefined) this.#tellInflated(machine, result);
    else this.#user.inflateAwaited();
  }

  /** To be called at `Event.Deflate`. */
  deflate(machine: CodecMachine): void {
    const result = this.#codec.deflate(machine.data, machine.final, machine.fresh, this.#onDeflated);
    if (result !== undefined) this.#tellDeflated(machine, result);
  }

  #tellInflated(machine: CodecMachine, result: Inflated): void {
    if ("why" in result) machine.inflateFailed(result.why, result.detail);
    else machine.inflated(result);
  }

  // Nothing of what was sent can make a compressor fail; without it the messages behind this one cannot go either.
  #tellDeflated(machine: CodecMachine, result: Deflated): void {
    if (result instanceof Error) this.#user.terminate(result);
    else machine.deflated(result);
  }
}
