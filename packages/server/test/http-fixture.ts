import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext } from "node:test";
import { getRequestListener } from "@hono/node-server";
import type {
  HistoryPart,
  HistoryQuery,
  HubPublication,
  Presence,
  PresenceQuery,
  PublishOutcome,
  RoomSummary,
  UserSummary,
} from "@openline/hub";
import { ApiKeys } from "../src/api-keys.ts";
import { type AppOptions, createApp } from "../src/app.ts";
import { Tickets } from "../src/auth/tickets.ts";
import { Gate } from "../src/gate.ts";
import { HostPolicy } from "../src/host-policy.ts";
import { createLog } from "../src/log.ts";
import { OriginPolicy } from "../src/origin-policy.ts";
import type { DisconnectOutcome, RoomService, Whom } from "../src/routes/room-service.ts";
import { assertDescribed } from "./api/contract.ts";

/** A hub that remembers what it was asked and answers as it is told. */
class FakeRooms implements RoomService {
  readonly published: { room: string; publication: HubPublication }[] = [];
  outcome: PublishOutcome | Error = { outcome: "stored", position: "e.1.t" };
  summaries: RoomSummary[] = [];

  publish(room: string, publication: HubPublication): Promise<PublishOutcome> {
    this.published.push({ room, publication });
    return this.outcome instanceof Error ? Promise.reject(this.outcome) : Promise.resolve(this.outcome);
  }

  rooms(): RoomSummary[] {
    return this.summaries;
  }

  part: HistoryPart | undefined = { messages: [], complete: true };
  readonly queries: [string, HistoryQuery][] = [];
  history(room: string, query: HistoryQuery): Promise<HistoryPart | undefined> {
    this.queries.push([room, query]);
    return Promise.resolve(this.part);
  }

  who: Presence = { members: [], memberCount: 0 };
  asked: PresenceQuery | undefined;
  presence(_room: string, query?: PresenceQuery): Promise<Presence> {
    this.asked = query;
    return Promise.resolve(this.who);
  }

  users: UserSummary[] = [];
  usersHere(): UserSummary[] {
    return this.users;
  }

  sessionsOf(user: string): Promise<number> {
    return Promise.resolve(this.users.find((known) => known.user === user)?.sessions ?? 0);
  }

  readonly sent: [string, unknown][] = [];
  send(user: string, data: unknown): Promise<number> {
    this.sent.push([user, data]);
    return this.sessionsOf(user);
  }

  readonly disconnected: [Whom, string | undefined][] = [];
  refusal: string | undefined;
  disconnect(whom: Whom, reason: string | undefined): Promise<DisconnectOutcome> {
    this.disconnected.push([whom, reason]);
    return Promise.resolve(this.refusal === undefined ? { sessions: 1 } : { refused: this.refusal });
  }
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The parsed body; undefined when it is not JSON. */
  readonly body: { [key: string]: unknown } | undefined;
}

/** What {@link ask} sends. The path goes out as it is, which `fetch` would not do. */
export interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Asks over real HTTP on loopback, on a connection of its own. */
export function ask(port: number, path: string, { method = "GET", headers = {}, body }: Question = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path, method, headers: { host: `localhost:${port}`, ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = response.headers["content-type"]?.includes("json") === true && text !== "";
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined });
      });
    });
    request.once("error", reject);
    request.end(body);
  });
}

/** The application over real HTTP with a fake hub; closed with the test. */
export interface AppFixture {
  readonly port: number;
  readonly rooms: FakeRooms;
  readonly logged: string[];
  readonly ask: (path: string, question?: Question) => Promise<Answer>;
}

/** Starts {@link createApp} on a free port. */
export async function startApp(
  t: TestContext,
  options: Partial<AppOptions> & { keys?: string[]; allowedOrigins?: string[] } = {},
): Promise<AppFixture> {
  const rooms = new FakeRooms();
  const logged: string[] = [];
  const origins = new OriginPolicy(options.allowedOrigins);
  const gate = new Gate({
    hosts: new HostPolicy({ boundHost: "localhost" }),
    origins,
    keys: new ApiKeys(options.keys ?? []),
    anonymous: true,
  });
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  const health = { draining: false, connections: 0, unready: undefined };
  const defaults = {
    basePath: "/",
    gate,
    origins,
    rooms,
    tickets: new Tickets(options.keys ?? [], async () => true, Date.now),
    revoker: undefined,
    health,
    metrics: { contentType: "text/plain; version=0.0.4; charset=utf-8", text: async () => "openline_ready 1\n" },
    webhooks: undefined,
    bodyLimitBytes: 65_536,
    consoleFolder: "/nowhere",
    publicOrigin: undefined,
    log,
  };
  const app = createApp({ ...defaults, ...options });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const base = options.basePath ?? "/";
  const described = async (path: string, question: Question = {}): Promise<Answer> => {
    const answer = await ask(port, path, question);
    assertDescribed(base, question.method ?? "GET", path, answer);
    return answer;
  };
  return { port, rooms, logged, ask: described };
}
