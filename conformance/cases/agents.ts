// The endpoints under test: an echo server and an echo client over a module that has the classes of the npm package `ws`.
import type { AddressInfo } from "node:net";
import * as openline from "@openline/ws";
import * as ws from "ws";
import type { Settings } from "./case.ts";

/** What an endpoint reported about one connection. */
export interface Report {
  opened: boolean;
  errors: Error[];
  readonly closed: Promise<{ code: number; reason: string }>;
}

export interface Agent {
  readonly name: string;
  /** The port of a server with these settings; the same server for the same settings. */
  serve(settings: Settings): Promise<number>;
  /** What the server reported about the connection that asked for this path. */
  report(path: string): Report | undefined;
  /** Connects a client that echoes. */
  connect(url: string, settings: Settings): Report;
  stop(): Promise<void>;
}

interface EchoSocket {
  on(event: string, listener: (...args: never[]) => void): unknown;
  send(data: Uint8Array, options: { binary: boolean }): unknown;
  close(code?: number, reason?: string): unknown;
  ping(): unknown;
  terminate(): unknown;
}
interface EchoServer {
  on(event: string, listener: (...args: never[]) => void): unknown;
  address(): AddressInfo;
  clients: Set<EchoSocket>;
  close(done: () => void): unknown;
}
interface EndpointModule {
  WebSocket: new (url: string, protocols: readonly string[], options: Record<string, unknown>) => EchoSocket;
  WebSocketServer: new (options: Record<string, unknown>) => EchoServer;
}

function watch(socket: EchoSocket, settings: Settings): Report {
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code: number, reason: Buffer) => resolve({ code, reason: reason.toString() }));
  });
  const report: Report = { opened: false, errors: [], closed };
  socket.on("error", (error: Error) => report.errors.push(error));
  socket.on("open", () => (report.opened = true));
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (settings.behaviour !== "close") {
      socket.send(data, { binary: isBinary });
      return;
    }
    socket.close(1000, "done");
    // Neither may reach the wire; whether they throw is each endpoint's own affair.
    for (const late of [() => socket.send(Buffer.from("late"), { binary: false }), () => socket.ping()]) swallow(late);
  });
  return report;
}

function swallow(action: () => void): void {
  try {
    action();
  } catch {
    // `ws` throws nothing here today; a throw is as good as silence for the wire.
  }
}

function endpointOptions({ maxPayload, maxFragments, perMessageDeflate, secure }: Settings): Record<string, unknown> {
  return {
    perMessageDeflate: perMessageDeflate ?? false,
    ...(secure === undefined ? {} : { secure }),
    ...(maxPayload === undefined ? {} : { maxPayload }),
    ...(maxFragments === undefined ? {} : { maxFragments }),
  };
}

class ModuleAgent implements Agent {
  readonly name: string;
  readonly #module: EndpointModule;
  readonly #servers = new Map<string, Promise<EchoServer>>();
  readonly #reports = new Map<string, Report>();
  readonly #clients: EchoSocket[] = [];

  constructor(name: string, module: EndpointModule) {
    this.name = name;
    this.#module = module;
  }

  async serve(settings: Settings): Promise<number> {
    const key = JSON.stringify(settings);
    const server = this.#servers.get(key) ?? this.#start(settings);
    this.#servers.set(key, server);
    return (await server).address().port;
  }

  async #start(settings: Settings): Promise<EchoServer> {
    const { protocols } = settings;
    const server = new this.#module.WebSocketServer({
      port: 0,
      host: "127.0.0.1",
      ...endpointOptions(settings),
      ...(protocols && { handleProtocols: (offered: Set<string>) => protocols.find((name) => offered.has(name)) ?? false }),
    });
    server.on("connection", (socket: EchoSocket, request: { url: string }) => {
      const report = watch(socket, settings);
      report.opened = true;
      this.#reports.set(request.url, report);
    });
    await new Promise((resolve, reject) => {
      server.on("listening", resolve);
      server.on("error", reject);
    });
    return server;
  }

  report(path: string): Report | undefined {
    return this.#reports.get(path);
  }

  connect(url: string, settings: Settings): Report {
    const socket = new this.#module.WebSocket(url, settings.protocols ?? [], endpointOptions(settings));
    this.#clients.push(socket);
    return watch(socket, settings);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    for (const starting of this.#servers.values()) {
      const server = await starting.catch(() => undefined);
      for (const socket of server?.clients ?? []) socket.terminate();
      await new Promise<void>((resolve) => (server ? server.close(resolve) : resolve()));
    }
  }
}

export const openlineAgent = (): Agent => new ModuleAgent("openline", openline as unknown as EndpointModule);
export const wsAgent = (): Agent => new ModuleAgent("ws", ws as unknown as EndpointModule);
