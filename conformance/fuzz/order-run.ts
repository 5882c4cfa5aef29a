// One machine, one order of calls, and a model that knows what each of them may do.
import assert from "node:assert/strict";
import { constants, deflateRawSync } from "node:zlib";
import {
  Event,
  type EventKind,
  isSendableCloseCode,
  Machine,
  type PreparedFrame,
  prepareBinary,
  prepareText,
  UsageError,
  withDeflated,
} from "@openline/protocol";
import { Inflater } from "./codec.ts";
import { deflated } from "./content.ts";
import { BEAT, type Sent, Wire } from "./order-wire.ts";
import { TrackedPlatform } from "./tracked-platform.ts";

/** A call and its arguments, as JSON. */
export type Op = readonly [name: string, ...args: readonly (string | number | boolean | null)[]];

export interface OrderSetting {
  readonly role: "server" | "client";
  readonly compression: boolean;
  readonly delivery: "whole" | "streaming" | "fragments";
  readonly autoPong: boolean;
  readonly maxPayloadBytes: number;
  readonly maxFragments: number;
  readonly highWaterBytes: number;
  readonly fragmentBytes: number | null;
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number; readonly text?: string | undefined } | null;
  readonly idleTimeoutMs: number | null;
  readonly closeTimeoutMs: number;
}

/** More events than any case here can mean: a machine that never says None. */
const MOST_EVENTS = 20_000;

export class OrderRun {
  readonly #machine: Machine;
  readonly #platform = new TrackedPlatform();
  readonly #sent: Sent[] = [];
  readonly #wire: Wire;
  readonly #inflater: Inflater;
  readonly #compression: boolean;
  #now = 0;
  #count = 0;
  #events = 0;
  #closedEvents = 0;
  /** Whether an Abort was emitted or asked for, or the transport went: nothing need arrive any more. */
  #isDisorderly = false;
  #isLost = false;
  #taken = 0;
  #marks = 0;
  #readyState = 1;
  #wantsDrain = false;
  /** The streamed message that is open. */
  #stream: Sent | undefined;
  /** What the machine asked to deflate. */
  #toDeflate: { readonly bytes: Buffer; readonly final: boolean } | undefined;
  #mayStray = false;

  constructor(setting: OrderSetting) {
    this.#compression = setting.compression;
    this.#machine = new Machine({
      ...setting,
      platform: this.#platform,
      now: 0,
      lowWaterBytes: Math.floor(setting.highWaterBytes / 4),
      fragmentBytes: setting.fragmentBytes ?? undefined,
      heartbeat: setting.heartbeat ?? undefined,
      idleTimeoutMs: setting.idleTimeoutMs ?? undefined,
      codec: setting.compression ? { thresholdBytes: 100 } : undefined,
      streaming: setting.delivery === "streaming",
      keepFragments: setting.delivery === "fragments",
    });
    this.#inflater = new Inflater(this.#machine, "late");
    this.#wire = new Wire(this.#sent, setting.role === "client", setting.compression);
  }

  do(op: Op): void {
    this.#call(op);
    this.#look();
  }

  /** Lets everything that is under way come to its end, then ends the connection. */
  finish(): void {
    this.#machine.resume();
    this.#settle();
    this.#checkArrived();
    this.#machine.terminate();
    this.#settle();
    assert.equal(this.#closedEvents, 1, "Closed did not come exactly once");
    assert.equal(this.#machine.deadline, Number.POSITIVE_INFINITY, "a deadline is left after the end");
    assert.equal(this.#machine.readyState, 3);
  }

  /** Calls the method and asserts that it throws this code; with undefined: that it does not throw. */
  #throwing<T>(code: string | undefined, call: () => T): T | undefined {
    try {
      const answer = call();
      assert.equal(code, undefined, `it did not throw ${code}`);
      return answer;
    } catch (error) {
      if (error instanceof UsageError && error.code === code) return undefined;
      throw error;
    }
  }

  #call(op: Op): void {
    const [name, first, second] = op;
    const machine = this.#machine;
    const size = Number(first);
    switch (name) {
      case "text":
        return this.#send(true, this.#content(true, size), (bytes) => machine.sendText(bytes.toString(), second === true));
      case "utf8":
        return this.#send(true, this.#content(true, size), (bytes) => machine.sendUtf8(bytes, second === true));
      case "binary":
        return this.#send(false, this.#content(false, size), (bytes) => machine.sendBinary(bytes, second === true));
      case "prepared":
        return this.#sendPrepared(size, second === true);
      case "ping":
      case "pong":
        return this.#control(name === "ping" ? "sendPing" : "sendPong", size);
      case "begin":
        return this.#begin(first === "text", second === true);
      case "fragment":
      case "end":
        return this.#fragment(size, name === "end");
      case "close":
      case "fail":
        return this.#close(name, typeof first === "number" ? first : undefined, Number(second));
      case "terminate":
        this.#isDisorderly = true;
        return machine.terminate();
      case "pause":
        return machine.pause();
      case "resume":
        return machine.resume();
      case "ended":
        this.#isDisorderly = true;
        return machine.ended();
      case "lost":
        this.#isDisorderly = this.#isLost = true;
        return machine.lost();
      default:
        return this.#callMore(op);
    }
  }

  #callMore([name, first]: Op): void {
    const machine = this.#machine;
    switch (name) {
      case "take":
        return this.#take();
      case "written":
        return this.#written(Number(first));
      case "tick":
        this.#now += Number(first);
        return machine.tick(this.#now);
      case "next":
        return this.#next(Number(first));
      case "receive":
        return machine.receive(Buffer.from(String(first), "hex"), this.#now);
      case "answer-inflate":
        return this.#inflater.answer();
      case "answer-deflate":
        return this.#answerDeflate();
      case "stray-inflated":
        if (this.#inflater.isAsked) return;
        return this.#stray(() => machine.inflated(new Uint8Array(3)));
      case "stray-inflate-failed":
        if (this.#inflater.isAsked) return;
        return this.#stray(() => machine.inflateFailed("data"));
      case "stray-deflated":
        if (this.#toDeflate !== undefined) return;
        return this.#stray(() => machine.deflated(new Uint8Array(3)));
      case "heartbeat":
        return machine.sendHeartbeat(BEAT);
      case "discount":
        return machine.discountMessage();
      case "mark":
        assert.equal(machine.mark(), ++this.#marks);
        return;
      case "streaming":
        machine.streaming = first === true;
        return;
      case "keep-fragments":
        machine.keepFragments = first === true;
        return;
      default:
        throw new TypeError(`no such call: ${name}`);
    }
  }

  /** Content that no other message has. */
  #content(isText: boolean, size: number): Buffer {
    const id = `${this.#count++}:`;
    return isText
      ? Buffer.from(id + "aé€😀".repeat(Math.ceil(size / 10)))
      : Buffer.concat([Buffer.from(id), Buffer.alloc(size, this.#count)]);
  }

  #send(isText: boolean, payload: Buffer, send: (payload: Buffer) => boolean): void {
    const isCertain = this.#machine.readyState === 1;
    this.#sent.push({ isText, payload: Buffer.from(payload), isCertain, isWhole: true });
    this.#answered(
      isCertain,
      this.#throwing(undefined, () => send(payload)),
    );
  }

  #answered(isOpen: boolean, hasRoom: boolean | undefined): void {
    if (isOpen && hasRoom === false) this.#wantsDrain = true;
  }

  #sendPrepared(size: number, isDeflated: boolean): void {
    const text = this.#content(true, size).toString();
    let frame: PreparedFrame = isDeflated ? prepareText(text, this.#platform) : prepareBinary(Buffer.from(text), this.#platform);
    if (isDeflated) frame = withDeflated(frame, deflated(Buffer.from(text)), this.#platform);
    this.#send(isDeflated, Buffer.from(text), () => this.#machine.sendPrepared(frame, isDeflated));
  }

  #control(method: "sendPing" | "sendPong", size: number): void {
    const isOpen = this.#machine.readyState === 1;
    const code = size > 125 ? "USAGE_CONTROL_PAYLOAD" : undefined;
    this.#answered(
      isOpen && code === undefined,
      this.#throwing(code, () => this.#machine[method](Buffer.alloc(size, 7))),
    );
  }

  #begin(isText: boolean, compress: boolean): void {
    const isCertain = this.#machine.readyState === 1;
    const code = isCertain && this.#stream !== undefined ? "USAGE_MESSAGE_OPEN" : undefined;
    const call = (): boolean => this.#machine.beginMessage(isText ? "text" : "binary", compress);
    if (!isCertain) {
      this.#wire.isLoose = true;
      return void this.#loosely("USAGE_MESSAGE_OPEN", call);
    }
    const hasRoom = this.#throwing(code, call);
    if (code !== undefined) return;
    this.#stream = { isText, payload: Buffer.alloc(0), isCertain, isWhole: false };
    this.#sent.push(this.#stream);
    this.#answered(true, hasRoom);
  }

  #fragment(size: number, isLast: boolean): void {
    const stream = this.#stream;
    const payload = this.#content(stream?.isText ?? false, size);
    const call = (): boolean => (isLast ? this.#machine.endMessage(payload) : this.#machine.sendFragment(payload));
    if (this.#machine.readyState !== 1) {
      // Perhaps it still goes out: then its content is not what the model has.
      this.#wire.isLoose = true;
      return void this.#loosely("USAGE_NO_MESSAGE", call);
    }
    if (stream !== undefined) {
      stream.payload = Buffer.concat([stream.payload, payload]);
      if (isLast) {
        stream.isWhole = true;
        this.#stream = undefined;
      }
    }
    this.#answered(true, this.#throwing(stream === undefined ? "USAGE_NO_MESSAGE" : undefined, call));
  }

  /** While closing a call may still count, or do nothing; either way it may throw this code only. */
  #loosely(code: string, call: () => boolean): boolean {
    try {
      return call();
    } catch (error) {
      if (error instanceof UsageError && error.code === code) return false;
      throw error;
    }
  }

  #close(method: "close" | "fail", code: number | undefined, reasonBytes: number): void {
    let fault: string | undefined;
    if (code === undefined && reasonBytes > 0) fault = "USAGE_CLOSE_REASON_WITHOUT_CODE";
    if (code !== undefined && reasonBytes > 123) fault = "USAGE_CLOSE_REASON";
    if (code !== undefined && !isSendableCloseCode(code)) fault = "USAGE_CLOSE_CODE";
    const reason = "r".repeat(reasonBytes);
    if (method === "close") return this.#throwing(fault, () => this.#machine.close(code, reason, this.#now));
    // It drops what waits.
    if (fault === undefined) this.#isDisorderly = true;
    this.#throwing(fault, () => this.#machine.fail(code ?? 1008, reason, this.#now));
  }

  #stray(call: () => void): void {
    // "Ignored after the end": an answer to a question that the end has overtaken.
    if (this.#mayStray) return void this.#loosely("USAGE_NOT_WAITING", () => (call(), true));
    this.#throwing("USAGE_NOT_WAITING", call);
  }

  #answerDeflate(): void {
    const question = this.#toDeflate;
    if (question === undefined) return;
    this.#toDeflate = undefined;
    const all = deflateRawSync(question.bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    this.#machine.deflated(question.final ? all.subarray(0, -4) : all);
  }

  #take(): void {
    const segments: Uint8Array[] = [];
    const bytes = this.#machine.takeOutput(segments);
    assert.equal(
      bytes,
      segments.reduce((sum, { length }) => sum + length, 0),
    );
    this.#taken += bytes;
    this.#wire.add(segments);
  }

  #written(share: number): void {
    const bytes = share > 1 ? this.#taken + 1 : Math.floor(this.#taken * share);
    const isIgnored = this.#isLost || this.#isDisorderly || this.#machine.readyState === 3;
    if (isIgnored) return void this.#loosely("USAGE_WRITTEN", () => (this.#machine.written(bytes), true));
    this.#throwing(share > 1 ? "USAGE_WRITTEN" : undefined, () => this.#machine.written(bytes));
    if (share <= 1) this.#taken -= bytes;
  }

  #next(times: number): void {
    for (let i = 0; i < times; i++) {
      const kind = this.#machine.next();
      if (kind === Event.None) return;
      this.#event(kind);
    }
  }

  #event(kind: EventKind): void {
    const machine = this.#machine;
    assert.ok(++this.#events < MOST_EVENTS, "the events do not end");
    assert.equal(this.#closedEvents, 0, `event ${kind} came after Closed`);
    if (kind === Event.Closed) this.#closedEvents++;
    if (kind === Event.Drain) this.#wantsDrain = false;
    if (kind === Event.Error || kind === Event.Timeout || kind === Event.Abort || kind === Event.Closed) this.#isDisorderly = true;
    if (kind === Event.Text) assert.equal(typeof machine.text(), "string");
    if (kind === Event.Inflate) this.#inflater.asked();
    if (kind === Event.Deflate) {
      assert.ok(this.#compression && this.#toDeflate === undefined, "Deflate was asked for twice, or without a codec");
      this.#toDeflate = { bytes: Buffer.from(machine.data), final: machine.final };
    }
  }

  #look(): void {
    const machine = this.#machine;
    assert.ok(machine.readyState >= this.#readyState, `readyState went back from ${this.#readyState} to ${machine.readyState}`);
    this.#readyState = machine.readyState;
    if (machine.readyState !== 1) this.#mayStray = true;
    assert.ok(machine.bufferedBytes >= 0 && Number.isInteger(machine.bufferedBytes), `bufferedBytes is ${machine.bufferedBytes}`);
    assert.ok(machine.marksPassed <= this.#marks, "more marks were passed than set");
    assert.ok(!Number.isNaN(machine.deadline));
    if (this.#closedEvents > 0) assert.ok(!machine.hasEvent, "hasEvent after Closed");
  }

  #settle(): void {
    for (let turns = 0; ; turns++) {
      assert.ok(turns < MOST_EVENTS, "it does not settle");
      this.#next(MOST_EVENTS);
      if (this.#inflater.isAsked) this.#inflater.answer();
      this.#answerDeflate();
      this.#take();
      this.#written(1);
      this.#look();
      if (!this.#machine.hasEvent && !this.#machine.hasOutput && !this.#inflater.isAsked && this.#toDeflate === undefined) return;
    }
  }

  /** Everything that was sent in good time is on the wire, as long as nothing broke. */
  #checkArrived(): void {
    if (this.#isDisorderly || this.#wire.isLoose) return;
    const open = this.#stream === undefined ? this.#sent.length : this.#sent.indexOf(this.#stream);
    const missing = this.#sent.slice(this.#wire.seen, open).filter(({ isCertain }) => isCertain);
    assert.equal(missing.length, 0, `${missing.length} messages never came out`);
    if (this.#machine.readyState !== 1) {
      assert.ok(this.#wire.isClosed, "the close frame never came out");
      return;
    }
    assert.ok(!this.#wantsDrain || this.#stream !== undefined, "send answered false, and Drain never came");
    if (this.#stream !== undefined) return;
    assert.equal(this.#machine.bufferedBytes, 0, "bytes are counted that nobody waits for");
    assert.equal(this.#machine.marksPassed, this.#marks, "marks were not passed");
  }
}
