import type { Beat } from "./beat.ts";
import { ABNORMAL_CLOSURE } from "./close-codes.ts";
import { encodeClose } from "./close-frame.ts";
import type { ClosingAction, ClosingInput, ClosingState } from "./closing.ts";
import { CLOSING } from "./closing.ts";
import type { ClosedErrorCode } from "./errors.ts";
import { ClosedError, UsageError } from "./errors.ts";
import { MAX_CONTROL_BYTES, NO_BYTES, Opcode } from "./frame.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Inbound } from "./inbound.ts";
import type { DueKind } from "./keepalive.ts";
import { Due, Keepalive } from "./keepalive.ts";
import { MachineEvent } from "./machine-event.ts";
import type { MachineLimits } from "./machine-limits.ts";
import { checkedLimits } from "./machine-limits.ts";
import type { EventKind, MachineOptions } from "./machine-types.ts";
import { Event } from "./machine-types.ts";
import { Outbox } from "./outbox.ts";
import type { Platform } from "./platform.ts";
import type { PreparedFrame } from "./prepared.ts";
import type { HeartbeatOptions } from "./profiles.ts";
import { Slabs } from "./slabs.ts";

/** Slab of a machine that shares none. */
const OWN_SLAB_BYTES = 4096;

/** Events that are raised rather than read: bit `kind` of a mask. They are emitted in the order of their numbers. */
type Raised = (typeof Event)["Drain" | "Close" | "Error" | "Timeout" | "Finish" | "Abort" | "Closed"];
const RAISED_LAST = (1 << Event.Abort) | (1 << Event.Closed);

/**
 * One WebSocket connection after its opening handshake, either role: bytes and time in; events, bytes and the next deadline out.
 *
 * The endpoint's loop: `receive(chunk, now)`, then `next()` until it answers `Event.None`, then once per turn `takeOutput` and one
 * write, then `written(bytes)` when the kernel took them; a timer at `deadline` that calls `tick(now)` and then `next()` again.
 * Between two `next()` calls every method may be called. No method calls back.
 */
export class Machine extends MachineEvent {
  /** Whether pings are answered here. A change counts from the next one on. */
  autoPong: boolean;
  readonly #role: "server" | "client";
  readonly #platform: Platform;
  readonly #limits: MachineLimits;
  readonly #inbound: Inbound;
  readonly #outbox: Outbox;
  readonly #keepalive: Keepalive;
  readonly #hasCodec: boolean;

  #state: ClosingState = "open";
  #transport: "alive" | "ended" | "lost" = "alive";
  #raised = 0;
  #finishWanted = false;
  #finished = false;
  #paused = false;
  #drainWanted = false;
  #pendingPong: Uint8Array | undefined;
  /** The time that came with the bytes at hand, if one came. */
  #heardAt: number | undefined;

  readonly #heartbeat: Heartbeat;
  #heartbeatText: string | undefined;

  #peerCode: number = ABNORMAL_CLOSURE;
  #peerReason = "";
  #timeout: ClosedError | undefined;
  #wasClean = false;

  /**
   * `now` instead of `options.now`: so one object of options serves all connections of an endpoint. `awaited`: a heartbeat that the connection has sent before,
   * and that is not answered yet; `now` is then the time at which it was sent, whatever is given.
   * @throws UsageError `USAGE_OPTION` naming the option that is out of range
   */
  constructor(options: MachineOptions, now: number = options.now, awaited?: Beat) {
    super();
    const limits = checkedLimits(options);
    const { role, platform } = options;
    this.#role = role;
    this.#platform = platform;
    this.#limits = limits;
    this.autoPong = limits.autoPong;
    this.#hasCodec = options.codec !== undefined;
    const reading = {
      platform,
      masked: role === "server",
      compression: this.#hasCodec,
      codecBit: options.codec?.rsv,
      maxPayloadBytes: limits.maxPayloadBytes,
      maxFragments: limits.maxFragments,
      skipUtf8Validation: options.skipUtf8Validation ?? false,
    };
    this.#inbound = new Inbound(reading, this, options.streaming ?? false, options.keepFragments ?? false);
    this.#outbox = new Outbox({
      platform,
      slabs: options.slabs ?? new Slabs(platform, OWN_SLAB_BYTES),
      masked: role === "client",
      fragmentBytes: limits.fragmentBytes,
      deflateFromBytes: limits.deflateFromBytes,
      codecBit: options.codec?.rsv,
    });
    this.#heartbeat = new Heartbeat(platform, awaited);
    this.#heartbeatText = options.heartbeat?.text;
    this.#keepalive = new Keepalive(options.heartbeat, options.idleTimeoutMs, limits.closeTimeoutMs, awaited?.sentAt ?? now, awaited);
  }

  /** 1 open, 2 closing, 3 closed, as in the browsers' API. */
  get readyState(): 1 | 2 | 3 {
    if (this.#state === "open") return this.#transport === "alive" ? 1 : 2;
    return this.#state === "gone" ? 3 : 2;
  }

  /** Bytes that were sent or queued here and not yet reported by `written`. */
  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  /** Whether `takeOutput` has something to give. */
  get hasOutput(): boolean {
    return this.#outbox.writer.hasOutput;
  }

  /** Whether `next()` may answer something without new input. Look here after `send*`, `close`, `tick`, `written`, codec answers. */
  get hasEvent(): boolean {
    if (this.#raised !== 0 || (this.#hasCodec && this.#outbox.wantsDeflate) || this.#endIsDue()) return true;
    return this.#reads() && !this.#paused && this.#inbound.hasWork;
  }

  /** False while paused or waiting for the inflating codec: stop reading from the transport meanwhile. True after the end, too. */
  get wantsInput(): boolean {
    return !this.#paused && !this.#inbound.waitsForCodec;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /**
   * Whether nothing is under way in either direction but the pong to {@link Machine.awaitedBeat}. A fresh machine with the same options and that beat then goes on
   * just the same, if `now` is the present, or, with a heartbeat, `deadline - intervalMs`; so an idle connection need not keep its machine. What a codec remembers
   * is not the machine's.
   */
  get isAtRest(): boolean {
    if (this.#state !== "open" || this.#transport !== "alive" || this.#raised !== 0 || this.#paused || this.#drainWanted) return false;
    if (this.#pendingPong !== undefined || !this.#keepalive.isCalm(this.#heartbeat.awaited)) return false;
    return this.#inbound.isAtRest && this.#outbox.isAtRest;
  }

  /** The heartbeat that has not been answered yet. */
  get awaitedBeat(): Beat | undefined {
    return this.#heartbeat.awaited;
  }

  /** Absolute time at which `tick` is wanted, possibly one that has passed; Infinity when there is nothing to do. Read it again after each turn. */
  get deadline(): number {
    return this.#keepalive.deadline;
  }

  /** Round-trip time of the last heartbeat that was answered, in ms; undefined before the first, or when `receive` gets no time. */
  get roundTripMs(): number | undefined {
    return this.#heartbeat.roundTripMs;
  }

  /** Deliver messages as MessageStart, MessageData, MessageEnd. A change counts from the next message on. */
  get streaming(): boolean {
    return this.#inbound.streaming;
  }

  set streaming(value: boolean) {
    this.#inbound.streaming = value;
  }

  /** The most bytes of a message. A change counts from the next frame on; Infinity lifts the limit. */
  get maxPayloadBytes(): number {
    return this.#inbound.maxPayloadBytes;
  }

  set maxPayloadBytes(bytes: number) {
    this.#inbound.maxPayloadBytes = bytes;
  }

  /** Deliver messages as `fragments`. A change counts from the next message on. */
  get keepFragments(): boolean {
    return this.#inbound.keepFragments;
  }

  set keepFragments(value: boolean) {
    this.#inbound.keepFragments = value;
  }

  /** How many marks have been passed: everything before them was reported as written. */
  get marksPassed(): number {
    return this.#outbox.writer.marksPassed;
  }

  /**
   * Gives bytes from the transport. Read on with `next()` until `Event.None`; the machine unmasks inside the chunk and hands out views
   * into it, so the chunk belongs to the machine until then. `now` is the time at which the peer was heard; without it idle time and
   * round trips are less exact. `owned`: the chunk's memory is given away for good, so that what is in it need not be copied to be kept. Bytes after the
   * peer's close frame, or after a fault, are discarded.
   */
  receive(chunk: Uint8Array, now?: number, owned = false): void {
    this.#heardAt = now;
    if (!this.#reads()) return;
    this.#keepalive.heard(now);
    this.#inbound.feed(chunk, owned);
  }

  /** The next event, or `Event.None`. What is then unread (paused, waiting for a codec) is copied, and the chunk is the caller's again. */
  next(): EventKind {
    if (this.#raised !== 0) return this.#takeRaised();
    if (this.#hasCodec && this.#outbox.wantsDeflate) return this.#askDeflate();
    if (!this.#paused && this.#reads()) {
      const kind = this.#read();
      if (kind !== Event.None) return kind;
    }
    if (this.#endIsDue()) {
      this.#apply(this.#transport === "ended" ? "peer-end" : "loss");
      return this.#takeRaised();
    }
    this.#inbound.keepUnread();
    this.data = NO_BYTES;
    this.fragments = undefined;
    return Event.None;
  }

  /**
   * Gives the chunk back before `next()` answered `Event.None`, when its owner needs it: after a throw in a handler, say. What is unread is copied; the
   * data of the event at hand stays a view into the chunk.
   */
  releaseChunk(): void {
    this.#inbound.keepUnread();
  }

  /** Text: the decoded message. Call it before the next `next()`. */
  text(): string {
    return this.#inbound.text();
  }

  /** The peer ended its side of the transport (FIN, END_STREAM). What is unread is still parsed, then Finish and Closed follow. */
  ended(): void {
    if (this.#transport === "alive") this.#transport = "ended";
  }

  /** The transport is gone (reset, destroyed). What is unread is still parsed, then Closed follows; output is dropped. */
  lost(): void {
    this.#transport = "lost";
    this.#outbox.drop();
    this.#pendingPong = undefined;
  }

  /** After the event at hand nothing is read any more, until `resume`. Stop reading from the transport too. */
  pause(): void {
    this.#paused = true;
    this.#keepalive.deaf();
  }

  /** Goes on; call `next()` afterwards. */
  resume(): void {
    this.#paused = false;
  }

  /** Answers the Inflate event. The bytes belong to the machine afterwards. Ignored after the end. @throws UsageError `USAGE_NOT_WAITING` */
  inflated(bytes: Uint8Array): void {
    this.#inbound.inflated(bytes);
  }

  /**
   * Answers the Inflate event: the data is not deflate ("data", 1007), or there is more than `limit` of it ("limit", 1009).
   * @throws UsageError `USAGE_NOT_WAITING`
   */
  inflateFailed(why: "data" | "limit", detail = "not deflate"): void {
    this.#inbound.inflateFailed(why, detail);
  }

  /** Answers the Deflate event. The bytes belong to the machine until they are written. Ignored after the end. @throws UsageError `USAGE_NOT_WAITING` */
  deflated(bytes: Uint8Array): void {
    this.#outbox.deflated(bytes);
    this.#afterPump();
    this.#afterRoom();
  }

  /** Sends a text message; false above the high-water mark (wait for Drain), and, without effect, after close. `compress: false` leaves the codec out. */
  sendText(text: string, compress = true): boolean {
    if (!this.#maySend()) return false;
    this.#outbox.text(text, compress);
    return this.#hasRoom();
  }

  /** Sends bytes known to be valid UTF-8 as a text message. They must not change until they are written, or, when they are `lent`, until this returns. */
  sendUtf8(bytes: Uint8Array, compress = true, lent = false): boolean {
    if (!this.#maySend()) return false;
    this.#outbox.data(Opcode.Text, bytes, compress, lent);
    return this.#hasRoom();
  }

  /** Sends a binary message. The bytes must not change until they are written, or, when they are `lent`, until this returns. */
  sendBinary(bytes: Uint8Array, compress = true, lent = false): boolean {
    if (!this.#maySend()) return false;
    this.#outbox.data(Opcode.Binary, bytes, compress, lent);
    return this.#hasRoom();
  }

  /**
   * Sends a text message that is a heartbeat: it does not count against `idleTimeoutMs`, and is left out while more waits than `highWaterBytes`, since
   * a peer that reads nothing needs no proof of life.
   */
  sendHeartbeat(text: string): void {
    if (this.#maySend() && this.bufferedBytes <= this.#limits.highWaterBytes) this.#outbox.text(text, false);
  }

  /** Another heartbeat from `now` on, or none. The caller has checked that its times are positive. */
  setHeartbeat(heartbeat: HeartbeatOptions | undefined, now: number): void {
    this.#heartbeatText = heartbeat?.text;
    this.#keepalive.setHeartbeat(heartbeat, now);
  }

  /** The message at hand was a heartbeat of the peer: it does not count against `idleTimeoutMs`. Call it before the next `next()`. */
  discountMessage(): void {
    this.#keepalive.discount();
  }

  /** Sends a ping; it passes messages that wait. The bytes are copied. @throws UsageError `USAGE_CONTROL_PAYLOAD` over 125 bytes */
  sendPing(data: Uint8Array = NO_BYTES): boolean {
    return this.#control(Opcode.Ping, data);
  }

  /** Sends a pong; it passes messages that wait. The bytes are copied. @throws UsageError `USAGE_CONTROL_PAYLOAD` over 125 bytes */
  sendPong(data: Uint8Array = NO_BYTES): boolean {
    return this.#control(Opcode.Pong, data);
  }

  /** Begins a message of unknown length. Other messages wait behind it; control frames do not. @throws UsageError `USAGE_MESSAGE_OPEN` */
  beginMessage(kind: "text" | "binary", compress = true): boolean {
    if (!this.#maySend()) return false;
    this.#outbox.beginMessage(kind === "text" ? Opcode.Text : Opcode.Binary, compress);
    return this.#hasRoom();
  }

  /** Sends one fragment of the message begun; an empty one is left out. Bytes must not change until they are written. @throws UsageError `USAGE_NO_MESSAGE` */
  sendFragment(data: string | Uint8Array): boolean {
    if (!this.#maySend()) return false;
    this.#outbox.fragment(data, false);
    return this.#hasRoom();
  }

  /** Ends the message begun, with a last fragment, empty by default. @throws UsageError `USAGE_NO_MESSAGE` */
  endMessage(data: string | Uint8Array = NO_BYTES): boolean {
    if (!this.#maySend()) return false;
    this.#outbox.fragment(data, true);
    return this.#hasRoom();
  }

  /**
   * Sends a message framed once for many receivers. `deflated`: its compressed form, where there is one and a codec was negotiated; the
   * next Deflate is then `fresh`. A client sends the payload in a masked frame of its own.
   */
  sendPrepared(prepared: PreparedFrame, deflated = false): boolean {
    if (!this.#maySend()) return false;
    if (this.#role === "client") this.#outbox.data(prepared.opcode, prepared.payload, false, false);
    else if (deflated && this.#hasCodec && prepared.deflated !== undefined) this.#outbox.readyDeflated(prepared.deflated);
    else this.#outbox.ready(prepared.frame, prepared.opcode, prepared.payload);
    return this.#hasRoom();
  }

  /**
   * Starts the closing handshake behind the messages that wait; nothing can be sent afterwards. A second call does nothing. With `now`
   * the deadline counts from there, otherwise from the next `tick`, which is then wanted at once (RFC 6455 §7.1.2).
   * @throws UsageError `USAGE_CLOSE_CODE`, `USAGE_CLOSE_REASON` (over 123 bytes), `USAGE_CLOSE_REASON_WITHOUT_CODE`
   */
  close(code?: number, reason = "", now?: number): void {
    const payload = encodeClose(code, reason, this.#platform);
    if (this.#state !== "open" || this.#transport === "lost") return;
    this.#heardAt = now;
    this.#apply("close", payload);
  }

  /**
   * Gives the connection up: what waits is dropped, except for what stands in the output already, the close frame goes out, and nothing more is read
   * (RFC 6455 §7.1.7). Without effect once closing has begun. `now` as for {@link Machine.close}, which throws the same errors.
   */
  fail(code: number, reason = "", now?: number): void {
    const payload = encodeClose(code, reason, this.#platform);
    if (!this.#maySend()) return;
    this.#heardAt = now;
    this.#apply("fail", payload);
  }

  /** Ends at once: only Abort and Closed are emitted from here on. */
  terminate(): void {
    this.#raised &= RAISED_LAST;
    this.#apply("terminate");
  }

  /** Moves what is to be written into the array, in order, and answers its size in bytes. Write it all in one write. */
  takeOutput(into: Uint8Array[]): number {
    return this.#outbox.writer.takeOutput(into);
  }

  /** The kernel took that many of the bytes taken, and their memory may be used again. Ignored after the end. @throws UsageError `USAGE_WRITTEN` */
  written(bytes: number): void {
    this.#outbox.writer.written(bytes);
    this.#outbox.pump();
    this.#afterPump();
    this.#afterRoom();
  }

  /** Puts a mark behind all that was sent so far and answers its number (1, 2, ...): it is passed when `marksPassed` has reached it. */
  mark(): number {
    return this.#outbox.mark();
  }

  /** Does what is due at `now`: heartbeat, timeouts. Call `next()` afterwards. */
  tick(now: number): void {
    for (let due = this.#keepalive.tick(now, this.wantsInput); due !== Due.Nothing; due = this.#keepalive.tick(now, this.wantsInput)) {
      this.#doDue(due, now);
    }
  }

  // Methods, not getters: V8 does not inline a private getter (measured on Node 20: 4.5 ns, a private method 1.8).
  #reads(): boolean {
    return this.#state === "open" || this.#state === "close-sent";
  }

  /** Whether the transport's end is to be told now: after everything that came before it. */
  #endIsDue(): boolean {
    if (this.#transport === "alive" || this.#state === "gone") return false;
    return !this.#reads() || !(this.#paused || this.#inbound.waitsForCodec);
  }

  #maySend(): boolean {
    return this.#state === "open" && this.#transport !== "lost";
  }

  #hasRoom(): boolean {
    this.#keepalive.spoke(undefined);
    if (this.bufferedBytes <= this.#limits.highWaterBytes) return true;
    this.#drainWanted = true;
    return false;
  }

  #control(opcode: number, data: Uint8Array): boolean {
    if (data.length > MAX_CONTROL_BYTES) {
      throw new UsageError("USAGE_CONTROL_PAYLOAD", { value: data.length, limit: MAX_CONTROL_BYTES });
    }
    if (!this.#maySend()) return false;
    this.#outbox.control(opcode, data);
    if (this.bufferedBytes <= this.#limits.highWaterBytes) return true;
    this.#drainWanted = true;
    return false;
  }

  #read(): EventKind {
    for (;;) {
      const kind = this.#inbound.read();
      switch (kind) {
        case Event.Text:
        case Event.Binary:
        case Event.MessageData:
          this.#keepalive.spoke(this.#heardAt);
          return kind;
        case Event.Ping:
          this.#answerPing();
          return kind;
        case Event.Pong:
          if (this.#heartbeat.isAnswer(this.data, this.#heardAt)) continue;
          return kind;
        case Event.Close:
          this.#peerCode = this.#inbound.closeCode;
          this.#peerReason = this.#inbound.closeReason;
          // The answer echoes code and reason, as ws 8 does (RFC 6455 §5.5.1).
          this.#apply("peer-close", this.#inbound.closePayload);
          return this.#takeRaised();
        case Event.Error:
          this.#apply("fault", encodeClose(this.#inbound.fault?.closeCode, "", this.#platform));
          return this.#takeRaised();
        case Event.None:
        case Event.MessageStart:
        case Event.MessageEnd:
        case Event.Inflate:
          return kind;
      }
    }
  }

  #raise(kind: Raised): void {
    this.#raised |= 1 << kind;
  }

  #takeRaised(): EventKind {
    if (this.#raised === 0) return Event.None;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the lowest bit, which `#raise` has set
    const kind = (31 - Math.clz32(this.#raised & -this.#raised)) as Raised;
    this.#raised &= this.#raised - 1;
    this.data = NO_BYTES;
    if (kind === Event.Error) this.error = this.#inbound.fault;
    if (kind === Event.Timeout) this.error = this.#timeout;
    if (kind === Event.Closed || kind === Event.Close) {
      this.closeCode = this.#peerCode;
      this.closeReason = this.#peerReason;
      this.wasClean = this.#wasClean;
    }
    return kind;
  }

  #askDeflate(): EventKind {
    const { payload, fin, fresh } = this.#outbox.askDeflate();
    this.data = payload;
    this.owned = false;
    this.final = fin;
    this.fresh = fresh;
    return Event.Deflate;
  }

  /** Follows the table of the closing handshake (RFC 6455 §7.1). */
  #apply(input: ClosingInput, closePayload: Uint8Array = NO_BYTES): void {
    const { to, actions } = CLOSING[this.#state][input];
    const wasDone = this.#state === "close-done";
    this.#state = to;
    if (to === "gone") this.#leave(wasDone);
    else if (to === "close-done" || to === "failed") this.#inbound.drop();
    for (const action of actions) this.#do(action, closePayload);
  }

  /** An action of the closing table. */
  #do(action: ClosingAction, closePayload: Uint8Array): void {
    switch (action) {
      case "send-close":
        this.#pendingPong = undefined;
        return this.#outbox.close(closePayload);
      case "drop-queue":
        return this.#outbox.dropQueue();
      case "report-close":
        return this.#raise(Event.Close);
      case "report-error":
        return this.#raise(Event.Error);
      case "start-timer":
        return this.#keepalive.startClosing(this.#heardAt);
      case "finish":
        this.#finishWanted = true;
        return this.#afterPump();
      case "finish-if-server":
        if (this.#role === "server") this.#finishWanted = true;
        return this.#afterPump();
      case "abort":
        this.#outbox.drop();
        return this.#raise(Event.Abort);
      case "report-closed":
        return this.#raise(Event.Closed);
    }
  }

  #leave(wasDone: boolean): void {
    this.#finishWanted = false; // a close frame that waited for the codec was dropped: nothing is left to finish
    this.#wasClean = wasDone;
    this.#keepalive.stop();
    this.#inbound.drop();
    this.#outbox.dropQueue();
    this.#pendingPong = undefined;
  }

  /** Finish comes once our close frame stands in the output, or at once when the peer has gone before. */
  #afterPump(): void {
    if (!this.#finishWanted || this.#finished) return;
    if (!this.#outbox.closeWritten && this.#state !== "gone") return;
    this.#finished = true;
    this.#raise(Event.Finish);
  }

  /** The queue may have become shorter: the pong that waited goes out, and Drain comes. */
  #afterRoom(): void {
    if (this.#pendingPong !== undefined && this.bufferedBytes <= this.#limits.highWaterBytes) {
      const pong = this.#pendingPong;
      this.#pendingPong = undefined;
      if (this.#maySend()) this.#outbox.control(Opcode.Pong, pong);
    }
    if (this.#drainWanted && this.bufferedBytes <= this.#limits.lowWaterBytes) {
      this.#drainWanted = false;
      if (this.#maySend()) this.#raise(Event.Drain);
    }
  }

  /** Pongs go out in order; while output is blocked only the newest waits (RFC 6455 §5.5.2, §5.5.3). */
  #answerPing(): void {
    if (!this.autoPong || !this.#maySend()) return;
    if (this.bufferedBytes <= this.#limits.highWaterBytes) {
      this.#outbox.control(Opcode.Pong, this.data);
      return;
    }
    this.#pendingPong = this.#platform.alloc(this.data.length);
    this.#pendingPong.set(this.data);
  }

  #doDue(due: DueKind, now: number): void {
    switch (due) {
      case Due.Nothing:
        return;
      case Due.Ping:
        if (this.#maySend()) this.#outbox.control(Opcode.Ping, this.#heartbeat.next(now));
        if (this.#heartbeatText !== undefined) this.sendHeartbeat(this.#heartbeatText);
        return;
      case Due.HeartbeatTimeout:
        return this.#timedOut("CLOSED_HEARTBEAT", this.#limits.heartbeatTimeoutMs);
      case Due.CloseTimeout:
        return this.#timedOut("CLOSED_TIMEOUT", this.#limits.closeTimeoutMs);
      case Due.IdleTimeout:
        this.#timeout = new ClosedError("CLOSED_IDLE", { value: this.#limits.idleTimeoutMs });
        this.#raise(Event.Timeout);
        return this.close(1001, "idle", now);
    }
  }

  #timedOut(code: ClosedErrorCode, ms: number): void {
    this.#timeout = new ClosedError(code, { value: ms });
    this.#raise(Event.Timeout);
    this.#apply("timeout");
  }
}
