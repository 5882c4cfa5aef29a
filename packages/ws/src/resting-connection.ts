import { type Beat, beatAt, type PreparedFrame } from "@openline/protocol";
import { ConnectionExtras } from "./connection-extras.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { type Driver, Write } from "./driver.ts";
import { flushQueue } from "./flush-queue.ts";
import type { MessageCodec } from "./message-codec.ts";

/** Larger prepared frames go through a machine, which keeps account of what the kernel takes. */
const MOST_LOOSE_BYTES = 65_536;

// Filled and emptied within one call of `writeLoose`.
const segments: Uint8Array[] = [];

/**
 * What a connection does without a protocol machine: it pings and takes the pong, and sends frames that were built for many. A base of the connection and no
 * object of its own: in a fan-out to many each object more is one more that is not in the processor's caches.
 */
export abstract class RestingConnection {
  protected readonly driver: Driver;
  /** Shared by all connections of an endpoint that have the same heartbeat. */
  protected options: ConnectionOptions;
  /** Undefined as long as nothing in it is needed. */
  protected extras: ConnectionExtras | undefined = undefined;
  /** Undefined for never: 16 bytes less than infinity. */
  #wakeAt: number | undefined = undefined;
  /** The last one that was measured before the machine that there is now. */
  protected lastRoundTripMs: number | undefined = undefined;
  /** The heartbeat that has not been answered. */
  protected beat: Beat | undefined = undefined;
  /** What is sent at the end of the turn. */
  protected unsent: PreparedFrame | undefined = undefined;
  /** Bytes that were written past the machine, and that the kernel has not taken. */
  protected looseBytes = 0;

  protected constructor(driver: Driver, options: ConnectionOptions) {
    this.driver = driver;
    this.options = options;
  }

  /**
   * When a machine is wanted for its heartbeat; after the machine's end: when a transport is dropped that has not closed by itself, since its peer may never read
   * what is left.
   */
  protected get wakeAt(): number {
    return this.#wakeAt ?? Number.POSITIVE_INFINITY;
  }

  protected set wakeAt(at: number) {
    this.#wakeAt = at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  protected get codec(): MessageCodec | undefined {
    return this.extras?.codec;
  }

  protected needExtras(): ConnectionExtras {
    return (this.extras ??= new ConnectionExtras());
  }

  /**
   * Whether the frame can leave as it is. In a fan-out to many this spares each delivery its way through the objects of a machine, 2 KB that are not in the
   * processor's caches.
   */
  protected takesLoose({ frame }: PreparedFrame): boolean {
    const { role, fragmentBytes = Number.POSITIVE_INFINITY, highWaterBytes = Number.POSITIVE_INFINITY } = this.options;
    return role === "server" && this.codec === undefined && frame.length <= Math.min(fragmentBytes, highWaterBytes, MOST_LOOSE_BYTES);
  }

  /** A server's connection pings. Answers false where that needs a machine. */
  protected sendBeat(now: number): boolean {
    const { role, heartbeat, platform } = this.options;
    if (this.beat !== undefined || this.looseBytes > 0) return false;
    if (role === "client" || heartbeat === undefined || heartbeat.text !== undefined) return false;
    const beat = beatAt(now, platform);
    this.writeLoose(beat.frame);
    this.beat = beat;
    this.wakeAt = now + Math.min(heartbeat.intervalMs, heartbeat.timeoutMs);
    return true;
  }

  /** Whether the chunk is the pong to it, and nothing else. */
  protected takeAnswer(beat: Beat, chunk: Uint8Array): boolean {
    if (this.options.role === "client" || !beat.isAnsweredBy(chunk)) return false;
    this.beat = undefined;
    this.lastRoundTripMs = flushQueue.turnTime() - beat.sentAt;
    this.wakeAt = beat.sentAt + (this.options.heartbeat?.intervalMs ?? 0);
    return true;
  }

  protected writeUnsent(): void {
    const { unsent } = this;
    if (unsent === undefined || this.looseBytes > 0) return;
    this.unsent = undefined;
    this.writeLoose(unsent.frame);
  }

  protected writeLoose(frame: Uint8Array): void {
    segments.push(frame);
    if (this.driver.write(segments, frame.length) === Write.Pending) this.looseBytes = frame.length;
    segments.pop();
  }
}
