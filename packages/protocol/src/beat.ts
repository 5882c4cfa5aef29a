import { FIN, headerBytes, MASK, Opcode, writeHeader } from "./frame.ts";
import type { Platform } from "./platform.ts";

/** 4 random bytes that mark our heartbeats, 4 that count. */
const PAYLOAD_BYTES = 8;
const MARK_BYTES = 4;

/**
 * One moment's heartbeat: all machines that are due then send the same ping. A connection at rest does without a machine for it: it writes `frame`, looks with
 * `isAnsweredBy` at what is read next, and gives the beat to the machine it needs for anything else.
 */
export class Beat {
  readonly sentAt: number;
  /** Of the ping, and of the pong that answers it (RFC 6455 §5.5.3). */
  readonly payload: Uint8Array;
  /** The ping as a server sends it. */
  readonly frame: Uint8Array;

  constructor(sentAt: number, payload: Uint8Array, platform: Platform) {
    this.sentAt = sentAt;
    this.frame = platform.alloc(headerBytes(PAYLOAD_BYTES, false) + PAYLOAD_BYTES);
    const at = writeHeader(this.frame, 0, FIN | Opcode.Ping, PAYLOAD_BYTES, 0);
    this.frame.set(payload, at);
    this.payload = this.frame.subarray(at);
  }

  /** Whether the chunk is a client's pong to it, and nothing else. The chunk is not changed. */
  isAnsweredBy(chunk: Uint8Array): boolean {
    const head = headerBytes(PAYLOAD_BYTES, true);
    if (chunk.length !== head + PAYLOAD_BYTES || chunk[0] !== (FIN | Opcode.Pong) || chunk[1] !== (MASK | PAYLOAD_BYTES)) return false;
    for (let at = 0; at < PAYLOAD_BYTES; at++) {
      if ((chunk[head + at]! ^ chunk[head - 4 + (at & 3)]!) !== this.payload[at]) return false;
    }
    return true;
  }

  /** Whether the pong answers this heartbeat or another one of ours: `same` or `other`. */
  compare(pong: Uint8Array): "same" | "other" | undefined {
    if (pong.length !== PAYLOAD_BYTES) return undefined;
    let same = 0;
    while (same < PAYLOAD_BYTES && pong[same] === this.payload[same]) same++;
    if (same === PAYLOAD_BYTES) return "same";
    return same >= MARK_BYTES ? "other" : undefined;
  }
}

const latest = new WeakMap<Platform, Beat>();

/** The heartbeat of that time. */
export function beatAt(now: number, platform: Platform): Beat {
  const last = latest.get(platform);
  if (last?.sentAt === now) return last;
  const beat = new Beat(now, last === undefined ? firstPayload(platform.randomMask()) : payloadAfter(last.payload), platform);
  latest.set(platform, beat);
  return beat;
}

function firstPayload(random: number): Uint8Array {
  return Uint8Array.from({ length: PAYLOAD_BYTES }, (_, at) => (at < MARK_BYTES ? random >>> (8 * at) : 0));
}

function payloadAfter(payload: Uint8Array): Uint8Array {
  const next = payload.slice();
  for (let at = PAYLOAD_BYTES - 1; at >= MARK_BYTES; at--) {
    next[at] = next[at]! + 1;
    if (next[at] !== 0) break;
  }
  return next;
}
