// The codec that stands outside the machine: answers rightly, too late, or that it failed.
import { constants, inflateRawSync } from "node:zlib";
import type { Machine } from "@openline/protocol";

export type CodecMood = "right" | "late" | "failing";

/** Inflates what a machine asks for, without context takeover. */
export class Inflater {
  readonly #machine: Machine;
  readonly #mood: CodecMood;
  #pieces: Buffer[] = [];
  #answeredBytes = 0;
  #question: { readonly final: boolean; readonly limit: number } | undefined;

  constructor(machine: Machine, mood: CodecMood) {
    this.#machine = machine;
    this.#mood = mood;
  }

  get isAsked(): boolean {
    return this.#question !== undefined;
  }

  /** At an Inflate event. Answers at once unless it is late. */
  asked(): void {
    this.#pieces.push(Buffer.from(this.#machine.data));
    this.#question = { final: this.#machine.final, limit: this.#machine.limit };
    if (this.#mood !== "late") this.answer();
  }

  answer(): void {
    const question = this.#question;
    if (question === undefined) return;
    this.#question = undefined;
    const compressed = Buffer.concat([...this.#pieces, Buffer.from(question.final ? [0, 0, 0xff, 0xff] : [])]);
    // Decided by the content alone, so that every split sees the same.
    if (this.#mood === "failing" && question.final && compressed.length % 3 === 0) return this.#machine.inflateFailed("data", "as told");
    let all: Buffer;
    try {
      all = inflateRawSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      return this.#machine.inflateFailed("data");
    }
    const fresh = all.subarray(this.#answeredBytes);
    if (fresh.length > question.limit) return this.#machine.inflateFailed("limit");
    this.#answeredBytes = question.final ? 0 : all.length;
    if (question.final) this.#pieces = [];
    this.#machine.inflated(new Uint8Array(fresh));
  }
}
