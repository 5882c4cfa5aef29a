import type { Duplex } from "node:stream";
import { Event, type EventKind, Machine, type MachineOptions, type PreparedFrame, ProtocolError } from "@openline/protocol";
import { CodecExchange, type CodecUser } from "./codec-exchange.ts";
import type { Outcome } from "./connection-extras.ts";
import { type ConnectionOptions, firstBeat, withHeartbeat } from "./connection-options.ts";
import type { ConnectionOwner, StreamSink } from "./connection-owner.ts";
import { deadlineQueue, monotonicClock, type Timed } from "./deadline-queue.ts";
import { type Driver, type DriverOwner, Write } from "./driver.ts";
import type { UsedExtension } from "./endpoint-extensions.ts";
import { type Flushable, flushQueue } from "./flush-queue.ts";
import { type Restful, restQueue } from "./rest-queue.ts";
import { RestingConnection } from "./resting-connection.ts";
import { callFailed, callPassed, type SendCallback } from "./send-callbacks.ts";

/**
 * So much leaves as soon as the bytes that caused it have been read: it is still in the processor's caches, and its memory serves the next connection. Less
 * waits for the end of the turn.
 */
const WRITE_AT_ONCE_BYTES = 32_768;

// Filled and emptied within one call of `write`.
const segments: Uint8Array[] = [];
const noBytes = new Uint8Array(0);

/** What is so with a connection, as bits of one number: a field for each costs 8 bytes in every connection. */
const Flag = {
  /** The driver has not been started. */
  Unstarted: 1,
  /** In the flush queue. */
  Dirty: 2,
  Pumping: 4,
  /** Only a heartbeat has woken it. */
  Beat: 8,
  /** Nothing was read since `rest` was called last. Sending does not count: prepared frames need no machine. */
  Rested: 16,
  /** The machine stands at an event that was put off to the next turn. */
  PutOff: 32,
  /** The machine wants our FIN sent when all is written. */
  Finishing: 64,
  TransportClosed: 128,
  Done: 256,
  KeepsFragments: 512,
} as const;

/**
 * A protocol machine and a driver, joined: bytes read go into the machine, its events go to the owner, its output is written once at the end of each
 * turn of the event loop, its deadline stands in the common queue. Knows nothing of handshakes, options of users, or event emitters.
 */
export class Connection<Target = unknown> extends RestingConnection implements DriverOwner, Flushable, Timed, Restful, CodecUser {
  // No method is private by `#`, which costs 8 bytes in each connection.
  /** Of the deadline queue. */
  queueIndex: number = -1;
  readonly #owner: ConnectionOwner<Target>;
  readonly #target: Target | undefined;
  /** There while something is under way; a connection that rests has none. */
  #machine: Machine | undefined;
  /** Bits of {@link Flag}. */
  #flags: number = Flag.Unstarted;

  /**
   * The driver is the connection's from here on. Reading starts at the end of this turn, so that listeners set after an `await` miss nothing. `target` is told
   * to the owner with everything: many connections may have one owner.
   */
  constructor(
    driver: Driver,
    head: Uint8Array,
    owner: ConnectionOwner<Target>,
    options: ConnectionOptions,
    extensions: readonly UsedExtension[] = [],
    target?: Target,
  ) {
    super(driver, options);
    this.#owner = owner;
    this.#target = target;
    if (head.length > 0) this.needExtras().head = head;
    const extension = extensions.find(({ rsv }) => rsv !== 0);
    if (extension !== undefined) this.useCodec(extension);
    if (options.idleTimeoutMs !== undefined) this.wake(monotonicClock.now());
    else if (options.heartbeat !== undefined) this.wakeAt = firstBeat(monotonicClock.now(), options.heartbeat.intervalMs);
    driver.attach(this);
    this.touch();
  }

  protected useCodec(extension: UsedExtension): void {
    const codec = extension.codec();
    const extras = this.needExtras();
    extras.codec = codec;
    // Some µs, and the object is kept: options without a codec are shared instead.
    extras.machineOptions = { ...this.options, codec: { rsv: extension.rsv, thresholdBytes: codec.thresholdBytes } };
    extras.exchange = new CodecExchange(codec, this);
  }

  /** The protocol's side of the connection. Do not keep it: a connection that rests lets go of it, and the next one who asks gets another. */
  get machine(): Machine {
    return this.#machine ?? this.wake(this.wakeAt - (this.options.heartbeat?.intervalMs ?? 0));
  }

  /** 1 open, 2 closing, 3 closed, as far as the protocol goes. */
  get readyState(): 1 | 2 | 3 {
    return this.#machine?.readyState ?? 1;
  }

  /** Bytes that were sent and that the kernel has not taken. */
  get bufferedBytes(): number {
    return this.looseBytes + (this.#machine?.bufferedBytes ?? this.unsent?.frame.length ?? 0);
  }

  get roundTripMs(): number | undefined {
    return this.#machine?.roundTripMs ?? this.lastRoundTripMs;
  }

  /** Messages are delivered as their fragments, from the next one on. */
  set keepFragments(keeps: boolean) {
    this.#flags = keeps ? this.#flags | Flag.KeepsFragments : this.#flags & ~Flag.KeepsFragments;
    if (this.#machine !== undefined) this.#machine.keepFragments = keeps;
  }

  /** The most bytes of a message. */
  get maxPayloadBytes(): number {
    return this.machine.maxPayloadBytes;
  }

  /** Whether pings are answered by themselves. */
  get autoPong(): boolean {
    return this.machine.autoPong;
  }

  /** Changes these options for this connection, from the next frame on. */
  change(options: { readonly maxPayloadBytes: number } | { readonly autoPong: boolean }): void {
    this.needExtras().machineOptions = { ...this.machineOptions, ...options };
    if (this.#machine !== undefined) Object.assign(this.#machine, options);
  }

  /** Why the connection ended without anybody's wish: a heartbeat without answer, a closing handshake that took too long, a reset. */
  get cause(): Error | undefined {
    return this.extras?.cause;
  }

  /** Whether both close frames went over the line. False before the end. */
  get wasClean(): boolean {
    return this.extras?.outcome?.wasClean === true;
  }

  /** The transport, where others look at it. */
  get stream(): Duplex {
    return this.driver.stream;
  }

  /** Where the pieces of messages go while `machine.streaming` is on; without one they are left out. */
  get streamSink(): StreamSink | undefined {
    return this.extras?.streamSink;
  }

  set streamSink(sink: StreamSink | undefined) {
    this.needExtras().streamSink = sink;
  }

  protected get machineOptions(): MachineOptions {
    return this.extras?.machineOptions ?? this.options;
  }

  protected get outcome(): Outcome | undefined {
    return this.extras?.outcome;
  }

  // The first cause counts.
  protected blame(cause: Error | undefined): void {
    if (cause !== undefined) this.needExtras().cause ??= cause;
  }

  protected is(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  get deadline(): number {
    if (this.outcome !== undefined) return this.wakeAt;
    return this.#machine?.deadline ?? this.wakeAt;
  }

  /** Another heartbeat from now on, in milliseconds; texts go out with it as before. */
  setHeartbeat({ intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number }): void {
    const heartbeat = { ...this.options.heartbeat, intervalMs, timeoutMs };
    this.machine.setHeartbeat(heartbeat, monotonicClock.now());
    this.options = withHeartbeat(this.options, heartbeat);
    const { extras } = this;
    if (extras?.machineOptions !== undefined) extras.machineOptions = { ...extras.machineOptions, heartbeat };
    this.touch();
  }

  /** To be called after anything was asked of the machine: its output and events are seen to at the end of the turn. */
  touch(): void {
    if (this.is(Flag.Dirty | Flag.Done)) return;
    this.#flags |= Flag.Dirty;
    flushQueue.add(this);
  }

  /** Messages from this size on are compressed; Infinity when none are. */
  get compressFromBytes(): number {
    return this.codec?.thresholdBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Sends a frame built once for many receivers, in its compressed form where this connection can take that. */
  sendPrepared(frame: PreparedFrame): boolean {
    if (this.#machine === undefined && this.unsent === undefined && this.takesLoose(frame)) {
      this.unsent = frame;
      return true;
    }
    // A client masks each frame anew, so none of its frames can be shared.
    const compressed = this.options.role === "server" ? this.codec?.prepared(frame) : undefined;
    return this.machine.sendPrepared(compressed ?? frame, compressed !== undefined);
  }

  /**
   * To be called before each message of that many bytes (at least): whether it may be queued. If not, the policy has been carried out and the callback will
   * get an error.
   */
  admit(bytes: number, callback: SendCallback | undefined): boolean {
    const { bufferedBytes } = this;
    const { maxQueueBytes, queuePolicy = "terminate" } = this.options;
    if (bufferedBytes === 0 || bufferedBytes + bytes <= maxQueueBytes) return true;
    const error = new Error(`${bufferedBytes} bytes are queued and unsent, ${bytes} more would pass the cap of ${maxQueueBytes}`);
    if (callback !== undefined) process.nextTick(callback, error);
    if (queuePolicy === "terminate") this.terminate(error);
    else if (queuePolicy === "close") this.fail(1008, "too slow", error);
    return false;
  }

  /** To be called after each send: files the callback. */
  sent(callback: SendCallback | undefined): void {
    if (callback !== undefined) (this.needExtras().callbacks ??= []).push({ mark: this.machine.mark(), callback });
    this.touch();
  }

  /** Drops what waits and sends a close frame at once; nothing more is read (RFC 6455 §7.1.7). */
  fail(code: number, reason: string, cause: Error): void {
    this.blame(cause);
    this.machine.fail(code, reason, monotonicClock.now());
    this.touch();
  }

  /** Starts the closing handshake. @throws UsageError for a code or reason that may not be sent */
  close(code: number | undefined, reason: string | undefined): void {
    this.machine.close(code, reason, monotonicClock.now());
    this.touch();
  }

  /** Drops the transport; `closed` follows. */
  terminate(cause?: Error): void {
    this.blame(cause);
    this.machine.terminate();
    this.driver.abort();
    this.touch();
  }

  /** Stops reading until `resume()` was called as often as this. */
  pause(): void {
    if (this.needExtras().holds++ > 0) return;
    this.machine.pause();
    this.driver.pause();
  }

  resume(): void {
    const { extras } = this;
    if (extras === undefined || extras.holds === 0 || --extras.holds > 0) return;
    this.machine.resume();
    this.putOff();
  }

  // ---- Timed

  due(now: number): void {
    if (this.outcome !== undefined) {
      this.wakeAt = Number.POSITIVE_INFINITY;
      return this.driver.abort();
    }
    if (this.#machine === undefined && this.sendBeat(now)) return;
    if (this.#machine === undefined) this.#flags |= Flag.Beat;
    else this.#flags &= ~Flag.Beat;
    this.machine.tick(now);
    this.pump();
  }

  // ---- CodecUser

  inflateAwaited(): void {
    this.driver.pause();
  }

  inflateAnswered(): void {
    if (this.machine.wantsInput && !this.is(Flag.PutOff)) this.driver.resume();
    this.pump();
  }

  deflateAnswered(): void {
    this.pump();
  }

  // ---- Flushable

  flush(): void {
    this.#flags &= ~Flag.Dirty;
    try {
      if (this.is(Flag.Unstarted)) this.start();
      if (this.is(Flag.PutOff)) this.goOn();
      else if (this.#machine?.hasEvent) this.pump();
    } finally {
      this.write();
      // Else 10,000 connections with heartbeats would keep their machines from one ping to the next.
      if (this.is(Flag.Beat) && this.mayRest) this.letGo();
      if (!this.is(Flag.Done)) deadlineQueue.update(this);
    }
  }

  protected start(): void {
    this.#flags &= ~Flag.Unstarted;
    const { extras } = this;
    const head = extras?.head ?? noBytes;
    if (extras !== undefined) extras.head = undefined;
    this.driver.start(head);
  }

  // ---- DriverOwner

  received(chunk: Uint8Array, isOwned: boolean): void {
    if (this.beat !== undefined) {
      if (this.takeAnswer(this.beat, chunk)) return;
      this.#flags |= Flag.Beat;
    }
    this.#flags &= ~Flag.Rested;
    this.machine.receive(chunk, flushQueue.turnTime(), isOwned);
    this.pump();
    if (this.bufferedBytes >= WRITE_AT_ONCE_BYTES) this.write();
  }

  written(bytes: number): void {
    if (this.looseBytes > 0) {
      this.looseBytes = 0;
      return this.touch();
    }
    this.machine.written(bytes);
    this.afterWritten();
  }

  ended(): void {
    this.machine.ended();
    this.pump();
  }

  closed(error: Error | undefined): void {
    this.blame(error);
    this.#flags |= Flag.TransportClosed;
    this.machine.lost();
    // Nothing more will be read: what a pause held back comes now, then the end.
    this.machine.resume();
    this.pump();
  }

  // ---- events

  protected pump(): void {
    if (this.is(Flag.Pumping)) return;
    this.#flags |= Flag.Pumping;
    let isComplete = false;
    try {
      isComplete = this.emitAll();
    } finally {
      this.#flags &= ~Flag.Pumping;
      // After a throw in somebody's listener the machine stands at the next event: it is taken up again next turn, and output goes out all the same.
      if (!isComplete) {
        this.putOff();
        if (this.driver.sharesReadBuffer) this.machine.releaseChunk();
      }
      this.touch();
    }
    this.settle();
  }

  /** Answers false when events were left for the next turn. */
  protected emitAll(): boolean {
    const { machine } = this;
    for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
      this.emit(kind);
      if (this.options.oneEventPerTurn && kind >= Event.Text && kind <= Event.Pong) return false;
    }
    return true;
  }

  protected emit(kind: EventKind): void {
    const { machine } = this;
    const owner = this.#owner;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- undefined where the owner's type wants none
    const target = this.#target as Target;
    switch (kind) {
      case Event.Text:
      case Event.Binary:
        return owner.received(machine.data, machine.fragments, kind === Event.Binary, machine.owned, target);
      case Event.Ping:
        return owner.pinged(machine.data, target);
      case Event.Pong:
        return owner.ponged(machine.data, target);
      case Event.Drain:
        return owner.drained(target);
      case Event.Error:
        this.needExtras().cause = machine.error;
        if (machine.error instanceof ProtocolError) owner.failed(machine.error, target);
        return;
      case Event.Timeout:
        this.needExtras().cause = machine.error;
        return;
      case Event.Finish:
        this.#flags |= Flag.Finishing;
        return;
      case Event.Abort:
        return this.driver.abort();
      case Event.Inflate:
        return this.extras?.exchange?.inflate(machine);
      case Event.Deflate:
        return this.extras?.exchange?.deflate(machine);
      case Event.Closed:
        this.wakeAt = monotonicClock.now() + this.options.closeTimeoutMs;
        this.needExtras().outcome = { code: machine.closeCode, reason: machine.closeReason, wasClean: machine.wasClean };
        return;
      case Event.Close: // Its code and reason come again with Closed.
        return owner.closing?.(target);
      case Event.None:
        return;
      case Event.MessageStart:
        return this.streamSink?.started(machine.binary);
      case Event.MessageData:
        return this.streamSink?.data(machine.data, machine.owned);
      case Event.MessageEnd:
        return this.streamSink?.ended();
    }
  }

  // Reading stops meanwhile, so that no chunk has to be kept beside the one the machine is at.
  protected putOff(): void {
    this.#flags |= Flag.PutOff;
    this.driver.pause();
    this.touch();
  }

  protected goOn(): void {
    this.#flags &= ~Flag.PutOff;
    if (this.machine.wantsInput) this.driver.resume();
    this.pump();
  }

  // The owner hears of the end when both are over: the protocol, and the transport that other code may look at.
  protected settle(): void {
    const { extras } = this;
    const outcome = extras?.outcome;
    if (extras === undefined || outcome === undefined || this.is(Flag.Done) || !this.is(Flag.TransportClosed)) return;
    this.#flags |= Flag.Done;
    deadlineQueue.remove(this);
    restQueue.remove(this);
    extras.codec?.close();
    if (extras.callbacks !== undefined) callFailed(extras.callbacks, extras.cause);
    extras.callbacks = undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see `emit`
    this.#owner.closed(outcome.code, outcome.reason, outcome.wasClean, this.#target as Target);
  }

  // ---- output

  protected write(): void {
    const machine = this.#machine;
    if (machine === undefined) return this.writeUnsent();
    if (machine.hasOutput && this.driver.pendingBytes === 0 && !this.is(Flag.TransportClosed)) {
      const bytes = machine.takeOutput(segments);
      const isTaken = this.driver.write(segments, bytes) === Write.Taken;
      while (segments.length > 0) segments.pop();
      if (isTaken) machine.written(bytes);
      if (isTaken) this.afterWritten();
    }
    if (this.is(Flag.Finishing) && !machine.hasOutput) {
      this.#flags &= ~Flag.Finishing;
      this.driver.end();
    }
  }

  protected afterWritten(): void {
    const { machine, extras } = this;
    if (extras?.callbacks !== undefined) extras.callbacks = callPassed(extras.callbacks, machine.marksPassed);
    if (machine.hasEvent || machine.hasOutput) this.touch();
  }

  // ---- rest

  /** To be called now and then: a connection at which nothing happened in between lets go of its machine, 2 KB. Answers whether it rests. */
  rest(): boolean {
    if (this.is(Flag.Done) || this.#machine === undefined) return true;
    const isQuiet = this.is(Flag.Rested);
    this.#flags |= Flag.Rested;
    if (!isQuiet || !this.mayRest) return false;
    this.letGo();
    return true;
  }

  protected get mayRest(): boolean {
    if (this.is(Flag.Done | Flag.Dirty | Flag.PutOff) || this.extras?.callbacks !== undefined || this.driver.pendingBytes > 0) return false;
    return this.#machine?.isAtRest === true;
  }

  protected letGo(): void {
    const machine = this.#machine;
    if (machine === undefined) return;
    this.#flags &= ~Flag.Beat;
    this.wakeAt = machine.deadline;
    this.lastRoundTripMs = machine.roundTripMs ?? this.lastRoundTripMs;
    this.beat = machine.awaitedBeat;
    this.#machine = undefined;
    restQueue.remove(this);
  }

  protected wake(now: number): Machine {
    const machine = new Machine(this.machineOptions, now === Number.POSITIVE_INFINITY ? monotonicClock.now() : now, this.beat);
    this.beat = undefined;
    if (this.is(Flag.KeepsFragments)) machine.keepFragments = true;
    this.#machine = machine;
    restQueue.add(this);
    if (this.unsent !== undefined) machine.sendPrepared(this.unsent);
    this.unsent = undefined;
    return machine;
  }
}
