import assert from "node:assert/strict";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { SignJWT } from "jose";
import { WebSocket } from "ws";
import { type ServerFixture, startServer } from "../server-fixture.ts";

/** Two channels: `open` lets everybody do anything, `closed` asks for a token. */
export const secret = "0123456789abcdef0123456789abcdef";
const channels = { open: { secret, requireAuth: false, history: true }, closed: { secret, history: true } };

export async function startScaledrone(t: TestContext): Promise<ServerFixture> {
  return await startServer(t, { scaledrone: channels });
}

/** A token of the channel `closed`, good for a minute. */
export async function tokenFor(client: string | undefined, permissions: object, more: object = {}): Promise<string> {
  return await new SignJWT({ channel: "closed", permissions, ...(client !== undefined && { client }), ...more })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime("60s")
    .sign(new TextEncoder().encode(secret));
}

type Frame = Readonly<Record<string, unknown>>;

/** A Scaledrone client that says what it is told to, and keeps what it hears in order. */
export class RawDrone {
  readonly socket: WebSocket;
  readonly heard: Frame[] = [];
  #read = 0;
  #wake: () => void = () => undefined;
  #callback = 0;
  clientId = "";

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.heard.push(JSON.parse(String(data)));
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  /** An open socket, nothing said yet. */
  static async open(t: TestContext, { port }: Pick<ServerFixture, "port">): Promise<RawDrone> {
    const drone = new RawDrone(new WebSocket(`ws://localhost:${port}/v3/websocket`, { origin: "http://websocket.org" }));
    t.after(() => drone.socket.terminate());
    await once(drone.socket, "open");
    return drone;
  }

  /** A client whose handshake was answered. */
  static async enter(t: TestContext, fixture: ServerFixture, channel: string, clientData?: unknown): Promise<RawDrone> {
    const drone = await RawDrone.open(t, fixture);
    const reply = await drone.ask({ type: "handshake", channel, client_data: clientData ?? null, version: 2 });
    drone.clientId = String(reply["client_id"]);
    return drone;
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame that was not read yet. */
  async next(): Promise<Frame> {
    while (this.heard.length === this.#read) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.heard[this.#read++] ?? {};
  }

  /** Says something with a callback; its reply has to be the next frame. */
  async ask(frame: object): Promise<Frame> {
    const callback = this.#callback++;
    this.say({ ...frame, callback });
    const reply = await this.next();
    assert.equal(reply["callback"], callback, JSON.stringify(reply));
    return reply;
  }

  /** What is heard up to now, by type. */
  async types(count: number): Promise<unknown[]> {
    const types: unknown[] = [];
    while (types.length < count) types.push((await this.next())["type"]);
    return types;
  }
}
