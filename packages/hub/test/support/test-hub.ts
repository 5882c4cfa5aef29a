import assert from "node:assert/strict";
import { FakeClock, settle } from "@openline/testkit";
import { type ClientMessage, parseServerMessage, type ServerMessage, type SessionCredentials } from "@openline/wire";
import type { Connection } from "../../src/connection.ts";
import { Hub } from "../../src/hub.ts";
import type { ConnectionInfo, HubEvent, HubOptions } from "../../src/hub-options.ts";
import type { IdSource } from "../../src/id-source.ts";
import type { OutgoingMessage, Transport } from "../../src/transport.ts";

/** Ids that count, so that a failing test reads the same twice. */
export function countingIds(prefix = ""): IdSource {
  let count = 0;
  const next = (kind: string): string => `${prefix}${kind}${++count}`;
  return { sessionId: () => next("s"), secret: () => next("r"), epoch: () => next("e"), tag: () => next("t") };
}

export type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** A client over a transport that lives in memory. Everything it is told is checked against the wire format. */
export class TestClient implements Transport {
  readonly kind = "test";
  readonly connection: Connection;
  readonly heard: ServerMessage[] = [];
  readonly raw: OutgoingMessage[] = [];
  closedWith: { code: number; reason: string } | undefined;
  /** What it hears is let go of unread. */
  forget = false;
  /** The agreed heartbeats that it was told. */
  readonly heartbeats: unknown[] = [];
  /** What `send` answers: false once a stalled client has so many messages below. */
  roomBelow = Number.POSITIVE_INFINITY;
  #ref = 0;

  constructor(hub: Hub, info: ConnectionInfo = {}) {
    this.connection = hub.open(this, info);
  }

  send(message: OutgoingMessage): boolean {
    if (this.forget) return --this.roomBelow > 0;
    const parsed = parseServerMessage(message.text);
    assert.ok(parsed.ok, `the hub sent what is no message: ${message.text}`);
    assert.equal(this.closedWith, undefined, "the hub sent after it closed");
    this.heard.push(parsed.message);
    this.raw.push(message);
    return --this.roomBelow > 0;
  }

  setHeartbeat(heartbeat: unknown): void {
    this.heartbeats.push(heartbeat);
  }

  close(code: number, reason: string): void {
    assert.equal(this.closedWith, undefined, "the hub closed twice");
    this.closedWith = { code, reason };
  }

  /** The reader catches up. */
  drain(room = Number.POSITIVE_INFINITY): void {
    this.roomBelow = room;
    this.connection.drained();
  }

  say(message: Record<string, unknown>): void {
    this.connection.receive(JSON.stringify(message));
  }

  /** Sends a request with the next ref, waits until everything is quiet, and returns its answer. */
  async ask(message: Omit<ClientMessage, "ref"> & Record<string, unknown>): Promise<ServerMessage> {
    const ref = ++this.#ref;
    this.say({ ...message, ref });
    let answer: ServerMessage | undefined;
    for (let turn = 0; turn < 5 && answer === undefined; turn++) {
      await settle();
      answer = this.heard.findLast((heard) => "ref" in heard && heard.ref === ref && heard.type !== "ping");
    }
    assert.ok(answer !== undefined, `no answer to ${JSON.stringify(message)}`);
    return answer;
  }

  async expect<T extends ServerMessage["type"]>(type: T, message: Omit<ClientMessage, "ref"> & Record<string, unknown>): Promise<Of<T>> {
    const answer = await this.ask(message);
    assert.ok(isOf(answer, type), `${type} was expected, got ${JSON.stringify(answer)}`);
    return answer;
  }

  connect(more: { user?: string; session?: SessionCredentials; heartbeat?: { intervalMs: number } } = {}): Of<"connected"> {
    this.say({ type: "connect", ref: ++this.#ref, version: 1, ...more });
    const connected = this.heard.at(-1);
    assert.ok(connected?.type === "connected", JSON.stringify(connected));
    return connected;
  }

  async join(room: string, more: Record<string, unknown> = {}): Promise<Of<"joined">> {
    return await this.expect("joined", { type: "join", room, ...more });
  }

  async publish(room: string, data: unknown, more: Record<string, unknown> = {}): Promise<Of<"published">> {
    return await this.expect("published", { type: "publish", room, data, ...more });
  }

  /** The messages of one type that were heard so far. */
  all<T extends ServerMessage["type"]>(type: T): Of<T>[] {
    return this.heard.filter((message): message is Of<T> => isOf(message, type));
  }

  /** What was told of members: `joined Ada`, `left Ada`, `changed Ada`, with the session's id where there is no name. */
  get presence(): string[] {
    return this.all("presence").flatMap((news) =>
      (["joined", "left", "changed"] as const).flatMap((what) =>
        (news[what] ?? []).map(({ user, session }) => `${what} ${user ?? session}`),
      ),
    );
  }

  /** The data of the stored messages that were heard. */
  get data(): unknown[] {
    return this.all("message").map((message) => message.data);
  }
}

function isOf<T extends ServerMessage["type"]>(message: ServerMessage, type: T): message is Of<T> {
  return message.type === type;
}

/** A hub on a fake clock, and what it logged. */
export interface TestHub {
  readonly hub: Hub;
  readonly clock: FakeClock;
  readonly events: HubEvent[];
  /** A client that has not said anything yet. */
  readonly client: (info?: ConnectionInfo) => TestClient;
  /** A client that is connected. */
  readonly connected: (user?: string, session?: SessionCredentials) => TestClient;
}

export function testHub(options: Partial<HubOptions> = {}): TestHub {
  const clock = options.clock instanceof FakeClock ? options.clock : new FakeClock();
  const events: HubEvent[] = [];
  const hub = new Hub({ clock, ids: countingIds(), log: (event) => events.push(event), ...options });
  const client = (info: ConnectionInfo = {}): TestClient => new TestClient(hub, info);
  const connected = (user?: string, session?: SessionCredentials): TestClient => {
    const fresh = client();
    fresh.connect({ ...(user !== undefined && { user }), ...(session !== undefined && { session }) });
    return fresh;
  };
  return { hub, clock, events, client, connected };
}

/** The credentials that a connected client was given. */
export function sessionOf(client: TestClient): SessionCredentials {
  const connected = client.all("connected")[0];
  assert.ok(connected !== undefined, "the client is not connected");
  return connected.session;
}
