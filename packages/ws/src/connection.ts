import { Event, type EventKind, Machine, type MachineOptions, type PreparedFrame, ProtocolError } from "@openline/protocol";
import { CodecExchange, type CodecUser } from "./codec-exchange.ts";
import { type ConnectionOptions, firstBeat, withHeartbeat } from "./connection-options.ts";
import type { ConnectionOwner, StreamSink } from "./connection-owner.ts";
import { deadlineQueue, monotonicClock, type Timed } from "./deadline-queue.ts";
import { type Driver, type DriverOwner, Write } from "./driver.ts";
import type { UsedExtension } from "./endpoint-extensions.ts";
import { type Flushable, flushQueue } from "./flush-queue.ts";
import { type Restful, restQueue } from "./rest-queue.ts";
import { RestingConnection } from "./resting-connection.ts";
import { callFailed, callPassed, type SendCallback, type WaitingCallback } from "./send-callbacks.ts";

interface Outcome {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/**
 * So much leaves as soon as the bytes that caused it have been read: it is still in the processor's caches, and its memory serves the next connection. Less
 * waits for the end of the turn.
 */
const WRITE_AT_ONCE_BYTES = 32_768;

// Filled and emptied within one call of `#write`.
const segments: Uint8Array[] = [];

/**
 * A protocol machine and a driver, joined: bytes read go into the machine, its events go to the owner, its output is written once at the end of each
 * turn of the event loop, its deadline stands in the common queue. Knows nothing of handshakes, options of users, or event emitters.
 */
export class Connection extends RestingConnection implements DriverOwner, Flushable, Timed, Restful, CodecUser {
  /** Where the pieces of messages go while `machine.streaming` is on; without one they are left out. */
  streamSink: StreamSink | undefined;
  /** Of the deadline queue. */
  queueIndex: number = -1;
  readonly #owner: ConnectionOwner;
  /** `options` with the codec if there is one, and with what was changed for this connection alone. */
  #machineOptions: MachineOptions;
  /** Undefined without a codec. */
  readonly #exchange: CodecExchange | undefined;
  /** There while something is under way; a connection that rests has none. */
  #machine: Machine | undefined;
  #keepsFragments: boolean;
  #head: Uint8Array | undefined;
  /** Undefined for none. */
  #callbacks: WaitingCallback[] | undefined;
  #outcome: Outcome | undefined;
  #cause: Error | undefined;
  /** The deadline that the queue was told last. */
  #deadlineOnFile = Number.POSITIVE_INFINITY;
  /** In the flush queue. */
  #isDirty = false;
  #isPumping = false;
  /** Only a heartbeat has woken it. */
  #isBeat = false;
  /** Nothing was read since `rest` was called last. Sending does not count: prepared frames need no machine. */
  #isRested = false;
  /** The machine stands at an event that was put off to the next turn. */
  #isPutOff = false;
  /** The machine wants our FIN sent when all is written. */
  #isFinishing = false;
  #isTransportClosed = false;
  #isDone = false;
  /** How many want reading to stand still. */
  #holds = 0;

  /** The driver is the connection's from here on. Reading starts at the end of this turn, so that listeners set after an `await` miss nothing. */
  constructor(
    driver: Driver,
    head: Uint8Array,
    owner: ConnectionOwner,
    options: ConnectionOptions,
    extensions: readonly UsedExtension[] = [],
  ) {
    const extension = extensions.find(({ rsv }) => rsv !== 0);
    super(driver, options, extension?.codec());
    this.#machineOptions = options;
    this.#owner = owner;
    this.#head = head;
    this.#keepsFragments = options.keepFragments ?? false;
    if (extension !== undefined && this.codec !== undefined) {
      // Some µs, and the object is kept: options without a codec are shared instead.
      this.#machineOptions = { ...options, codec: { rsv: extension.rsv, thresholdBytes: this.codec.thresholdBytes } };
      this.#exchange = new CodecExchange(this.codec, this);
    }
    if (options.idleTimeoutMs !== undefined) this.#wake(monotonicClock.now());
    else if (options.heartbeat !== undefined) this.wakeAt = firstBeat(monotonicClock.now(), options.heartbeat.intervalMs);
    driver.attach(this);
    this.touch();
  }

  /** The protocol's side of the connection. Do not keep it: a connection that rests lets go of it, and the next one who asks gets another. */
  get machine(): Machine {
    return this.#machine ?? this.#wake(this.wakeAt - (this.options.heartbeat?.intervalMs ?? 0));
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
    this.#keepsFragments = keeps;
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
    this.#machineOptions = { ...this.#machineOptions, ...options };
    if (this.#machine !== undefined) Object.assign(this.#machine, options);
  }

  /** Why the connection ended without anybody's wish: a heartbeat without answer, a closing handshake that took too long, a reset. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  get deadline(): number {
    if (this.#outcome !== undefined) return this.wakeAt;
    return this.#machine?.deadline ?? this.wakeAt;
  }

  /** Another heartbeat from now on, in milliseconds; texts go out with it as before. */
  setHeartbeat({ intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number }): void {
    const heartbeat = { ...this.options.heartbeat, intervalMs, timeoutMs };
    this.machine.setHeartbeat(heartbeat, monotonicClock.now());
    const { codec } = this.#machineOptions;
    this.options = withHeartbeat(this.options, heartbeat);
    this.#machineOptions = codec === undefined ? this.options : { ...this.options, codec };
    this.touch();
  }

  /** To be called after anything was asked of the machine: its output and events are seen to at the end of the turn. */
  touch(): void {
    if (this.#isDirty || this.#isDone) return;
    this.#isDirty = true;
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
    if (callback !== undefined) (this.#callbacks ??= []).push({ mark: this.machine.mark(), callback });
    this.touch();
  }

  /** Drops what waits and sends a close frame at once; nothing more is read (RFC 6455 §7.1.7). */
  fail(code: number, reason: string, cause: Error): void {
    this.#cause ??= cause;
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
    this.#cause ??= cause;
    this.machine.terminate();
    this.driver.abort();
    this.touch();
  }

  /** Stops reading until `resume()` was called as often as this. */
  pause(): void {
    if (this.#holds++ > 0) return;
    this.machine.pause();
    this.driver.pause();
  }

  resume(): void {
    if (this.#holds === 0 || --this.#holds > 0) return;
    this.machine.resume();
    this.#putOff();
  }

  // ---- Timed

  due(now: number): void {
    if (this.#outcome !== undefined) {
      this.wakeAt = Number.POSITIVE_INFINITY;
      return this.driver.abort();
    }
    if (this.#machine === undefined && this.sendBeat(now)) return;
    this.#isBeat = this.#machine === undefined;
    this.machine.tick(now);
    this.#pump();
  }

  // ---- CodecUser

  inflateAwaited(): void {
    this.driver.pause();
  }

  inflateAnswered(): void {
    if (this.machine.wantsInput && !this.#isPutOff) this.driver.resume();
    this.#pump();
  }

  deflateAnswered(): void {
    this.#pump();
  }

  // ---- Flushable

  flush(): void {
    this.#isDirty = false;
    const head = this.#head;
    this.#head = undefined;
    try {
      if (head !== undefined) this.driver.start(head);
      if (this.#isPutOff) this.#goOn();
      else if (this.#machine?.hasEvent) this.#pump();
    } finally {
      this.#write();
      // Else 10,000 connections with heartbeats would keep their machines from one ping to the next.
      if (this.#isBeat && this.#mayRest) this.#rest();
      if (!this.#isDone) this.#fileDeadline();
    }
  }

  // Most connections have no deadline, or the one they had at the end of the turn before: 35 ns less.
  #fileDeadline(): void {
    const { deadline } = this;
    if (deadline === this.#deadlineOnFile) return;
    this.#deadlineOnFile = deadline;
    deadlineQueue.update(this);
  }

  // ---- DriverOwner

  received(chunk: Uint8Array, isOwned: boolean): void {
    if (this.beat !== undefined) {
      if (this.takeAnswer(this.beat, chunk)) return;
      this.#isBeat = true;
    }
    this.#isRested = false;
    this.machine.receive(chunk, flushQueue.turnTime(), isOwned);
    this.#pump();
    if (this.bufferedBytes >= WRITE_AT_ONCE_BYTES) this.#write();
  }

  written(bytes: number): void {
    if (this.looseBytes > 0) {
      this.looseBytes = 0;
      return this.touch();
    }
    this.machine.written(bytes);
    this.#afterWritten();
  }

  ended(): void {
    this.machine.ended();
    this.#pump();
  }

  closed(error: Error | undefined): void {
    this.#cause ??= error;
    this.#isTransportClosed = true;
    this.machine.lost();
    // Nothing more will be read: what a pause held back comes now, then the end.
    this.machine.resume();
    this.#pump();
  }

  // ---- events

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    let isComplete = false;
    try {
      isComplete = this.#emitAll();
    } finally {
      this.#isPumping = false;
      // After a throw in somebody's listener the machine stands at the next event: it is taken up again next turn, and output goes out all the same.
      if (!isComplete) {
        this.#putOff();
        if (this.driver.sharesReadBuffer) this.machine.releaseChunk();
      }
      this.touch();
    }
    this.#settle();
  }

  /** Answers false when events were left for the next turn. */
  #emitAll(): boolean {
    const { machine } = this;
    for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
      this.#emit(kind);
      if (this.options.oneEventPerTurn && kind >= Event.Text && kind <= Event.Pong) return false;
    }
    return true;
  }

  #emit(kind: EventKind): void {
    const { machine } = this;
    switch (kind) {
      case Event.Text:
      case Event.Binary:
        return this.#owner.received(machine.data, machine.fragments, kind === Event.Binary, machine.owned);
      case Event.Ping:
        return this.#owner.pinged(machine.data);
      case Event.Pong:
        return this.#owner.ponged(machine.data);
      case Event.Drain:
        return this.#owner.drained();
      case Event.Error:
        this.#cause = machine.error;
        if (machine.error instanceof ProtocolError) this.#owner.failed(machine.error);
        return;
      case Event.Timeout:
        this.#cause = machine.error;
        return;
      case Event.Finish:
        this.#isFinishing = true;
        return;
      case Event.Abort:
        return this.driver.abort();
      case Event.Inflate:
        return this.#exchange?.inflate(machine);
      case Event.Deflate:
        return this.#exchange?.deflate(machine);
      case Event.Closed:
        this.wakeAt = monotonicClock.now() + this.options.closeTimeoutMs;
        this.#outcome = { code: machine.closeCode, reason: machine.closeReason, wasClean: machine.wasClean };
        return;
      case Event.Close: // Its code and reason come again with Closed.
        return this.#owner.closing?.();
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
  #putOff(): void {
    this.#isPutOff = true;
    this.driver.pause();
    this.touch();
  }

  #goOn(): void {
    this.#isPutOff = false;
    if (this.machine.wantsInput) this.driver.resume();
    this.#pump();
  }

  // The owner hears of the end when both are over: the protocol, and the transport that other code may look at.
  #settle(): void {
    const outcome = this.#outcome;
    if (this.#isDone || outcome === undefined || !this.#isTransportClosed) return;
    this.#isDone = true;
    deadlineQueue.remove(this);
    restQueue.remove(this);
    this.codec?.close();
    if (this.#callbacks !== undefined) callFailed(this.#callbacks, this.#cause);
    this.#callbacks = undefined;
    this.#owner.closed(outcome.code, outcome.reason, outcome.wasClean);
  }

  // ---- output

  #write(): void {
    const machine = this.#machine;
    if (machine === undefined) return this.writeUnsent();
    if (machine.hasOutput && this.driver.pendingBytes === 0 && !this.#isTransportClosed) {
      const bytes = machine.takeOutput(segments);
      const isTaken = this.driver.write(segments, bytes) === Write.Taken;
      while (segments.length > 0) segments.pop();
      if (isTaken) machine.written(bytes);
      if (isTaken) this.#afterWritten();
    }
    if (this.#isFinishing && !machine.hasOutput) {
      this.#isFinishing = false;
      this.driver.end();
    }
  }

  #afterWritten(): void {
    const { machine } = this;
    if (this.#callbacks !== undefined) this.#callbacks = callPassed(this.#callbacks, machine.marksPassed);
    if (machine.hasEvent || machine.hasOutput) this.touch();
  }

  // ---- rest

  /** To be called now and then: a connection at which nothing happened in between lets go of its machine, 2 KB. Answers whether it rests. */
  rest(): boolean {
    if (this.#isDone || this.#machine === undefined) return true;
    const isQuiet = this.#isRested;
    this.#isRested = true;
    if (!isQuiet || !this.#mayRest) return false;
    this.#rest();
    return true;
  }

  get #mayRest(): boolean {
    if (this.#isDone || this.#isDirty || this.#isPutOff || this.#callbacks !== undefined || this.driver.pendingBytes > 0) return false;
    return this.#machine?.isAtRest === true;
  }

  #rest(): void {
    const machine = this.#machine;
    if (machine === undefined) return;
    this.#isBeat = false;
    this.wakeAt = machine.deadline;
    this.lastRoundTripMs = machine.roundTripMs ?? this.lastRoundTripMs;
    this.beat = machine.awaitedBeat;
    this.#machine = undefined;
    restQueue.remove(this);
  }

  #wake(now: number): Machine {
    const machine = new Machine(this.#machineOptions, now === Number.POSITIVE_INFINITY ? monotonicClock.now() : now, this.beat);
    this.beat = undefined;
    if (this.#keepsFragments) machine.keepFragments = true;
    this.#machine = machine;
    restQueue.add(this);
    if (this.unsent !== undefined) machine.sendPrepared(this.unsent);
    this.unsent = undefined;
    return machine;
  }
}
