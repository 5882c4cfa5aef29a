import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ClientOptions, type RawData, WebSocket } from "@openline/ws";
import { AccessLog } from "../../src/run/access-log.ts";
import { baseEnvironment } from "../../src/run/environment.ts";
import { ForkCap } from "../../src/run/fork-cap.ts";
import { FrontDoor } from "../../src/run/front-door.ts";
import { HubRoom } from "../../src/run/hub-room.ts";
import { Programs } from "../../src/run/programs.ts";
import type { RunFlagValues } from "../../src/run/run-flags.ts";
import { type RunSettings, readRunSettings } from "../../src/run/run-settings.ts";

/** A folder that goes with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "openline-run-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes an executable script of sh and gives its path. */
export function script(folder: string, name: string, lines: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Settings as flags and a command make them. */
export function settingsOf(flags: RunFlagValues, command: readonly string[] = ["cat"]): RunSettings {
  return readRunSettings(flags, command, process.env["PATH"] ?? "");
}

/** Programs behind a server of this process. */
export interface OpenDoor {
  readonly url: string;
  readonly port: number;
  readonly door: FrontDoor;
  readonly programs: Programs;
  readonly forks: ForkCap;
  readonly log: () => string;
}

/** Serves in this process what `openline run` with these flags serves. */
export async function openDoor(t: TestContext, flags: RunFlagValues, command: readonly string[] = ["cat"]): Promise<OpenDoor> {
  const settings = settingsOf({ loglevel: "debug", ...flags }, flags["dir"] === undefined ? command : []);
  let text = "";
  const log = new AccessLog({ level: settings.logLevel, format: settings.logFormat, sink: { write: (line) => (text += line) } });
  const forks = new ForkCap(settings.maxForks);
  const environment = baseEnvironment({ passed: settings.passEnv, own: process.env, software: "openline/test" });
  const programs = new Programs({ settings, forks, log, environment });
  const hub = settings.hub === undefined ? undefined : new HubRoom(settings.hub, settings, log);
  const door = new FrontDoor({ settings, programs, forks, log, environment, hub });
  const server = createServer();
  door.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  programs.start();
  if (hub !== undefined && settings.command !== undefined) hub.follow(programs.groupFor({ ...settings.command, room: "" }, {}));
  t.after(async () => {
    door.stop();
    for (const socket of door.sockets.clients) socket.terminate();
    await programs.drain();
    await hub?.drain();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, port, door, programs, forks, log: () => text };
}

/** A message as a test looks at it: text, or bytes. */
export type Received = string | Buffer;

/** A client that keeps what it hears. */
export class TestClient {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #wake: () => void = () => {};

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on("error", () => {});
    this.closed = once(this.socket, "close").then(([code, reason]: (number | Buffer)[]) => {
      this.#wake();
      return { code: Number(code), reason: String(reason) };
    });
    this.socket.on("message", (data: RawData, isBinary: boolean) => {
      this.received.push(isBinary ? (data as Buffer) : String(data));
      this.#wake();
    });
  }

  static async open(t: TestContext, url: string, options: ClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(url, options);
    t.after(() => client.socket.terminate());
    await once(client.socket, "open");
    return client;
  }

  /** The messages, as soon as there are so many, or the connection has ended. */
  async messages(count: number): Promise<readonly Received[]> {
    while (this.received.length < count && this.socket.readyState !== WebSocket.CLOSED) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received.slice(0, count);
  }
}

/** The status that a handshake is refused with. */
export async function refusal(url: string, options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(url, options);
  socket.on("error", () => {});
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

/** Resolves when it is so; the test's own time-out is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
