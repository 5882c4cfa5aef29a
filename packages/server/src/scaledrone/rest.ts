import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import type { Hub } from "@openline/hub";
import type { Context, Hono } from "hono";
import type { Gate } from "../gate.ts";
import { type Problem, ProblemError, problemStatus, refusalProblem } from "../problems.ts";
import { readBody } from "../request-body.ts";
import { decodeSegment } from "../request-path.ts";
import type { ScaledroneChannel } from "./channel.ts";
import { dataFault } from "./data-fault.ts";
import { clientIdOf } from "./drone-member.ts";
import { type DroneRights, readToken, TokenError } from "./drone-token.ts";

/** What {@link addScaledroneRest} is built from. */
export interface ScaledroneRestOptions {
  readonly app: Hono<{ Bindings: HttpBindings }>;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly channels: ReadonlyMap<string, ScaledroneChannel>;
  readonly hub: Pick<Hub, "publish" | "presence">;
  readonly gate: Pick<Gate, "checkHost">;
  readonly health: { readonly draining: boolean };
  readonly messageBytes: number;
  readonly now: () => number;
}

type NodeContext = Context<{ Bindings: HttpBindings }>;

/** Who calls: everything is allowed to the secret, and to everybody where the channel asks for no authentication. */
type Caller = DroneRights | "anything";

/** A call on a channel that its caller may make. */
interface Call {
  readonly c: NodeContext;
  readonly channel: ScaledroneChannel;
  readonly caller: Caller;
}

/** Adds Scaledrone's REST API: `POST /CH/ROOM/publish` and the rest. Answers are 200 with JSON, failures have a `message`. */
export function addScaledroneRest(options: ScaledroneRestOptions): void {
  const { app, basePath, hub } = options;
  const get = (path: string, answer: (call: Call) => unknown): void => {
    app.get(`${basePath}${path}`, (c, next) => serve(options, c, next, answer));
  };
  app.post(`${basePath}:channel/publish/rooms`, (c, next) => serve(options, c, next, (call) => publish(options, call, roomsAsked(c))));
  app.post(`${basePath}:channel/:room/publish`, (c, next) =>
    serve(options, c, next, (call) => publish(options, call, [roomAsked(c, basePath)])),
  );
  get(":channel/stats", async ({ channel }) => ({ users_count: await channel.census.clients() }));
  get(":channel/rooms", roomsOf);
  get(":channel/members", async (call) => [...new Set(Object.values(await everyone(hub, call)).flat())]);
  get(":channel/room-members", async (call) => await everyone(hub, call));
  get(":channel/:room/members", async (call) => await askedMembers(hub, call, roomAsked(call.c, basePath)));
  for (const id of options.channels.keys()) {
    const below = `${basePath}${id}/*`;
    app.options(below, () => new Response(null, { status: 204, headers: cors }));
    app.all(below, (c) => failed(unknownCall(c)));
  }
}

/** All below a channel is Scaledrone's: its clients read the `message` of what is not there, too. */
function unknownCall({ req: { method, path } }: NodeContext): Problem {
  const call = `${method} ${path.slice(0, 200)}`;
  if (method === "GET" || method === "POST") return { code: "not-found", detail: `Scaledrone's REST API has no ${call}` };
  return { code: "method-not-allowed", detail: `${call} is not possible, only GET and POST`, headers: { allow: "GET, POST, OPTIONS" } };
}

/** A token in a header is the only proof: pages of any origin may send theirs. */
const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type",
};

async function serve(
  options: ScaledroneRestOptions,
  c: NodeContext,
  next: () => Promise<void>,
  answer: (call: Call) => unknown,
): Promise<Response | undefined> {
  const channel = options.channels.get(c.req.param("channel") ?? "");
  if (channel === undefined) {
    await next();
    return undefined;
  }
  const { incoming } = c.env;
  try {
    const misdirected = options.gate.checkHost(incoming);
    if (misdirected !== undefined) return failed(misdirected);
    const caller = await callerOf(incoming, channel, options.now());
    return Response.json(await answer({ c, channel, caller }), { headers: { ...cors, "cache-control": "no-store" } });
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    if (error instanceof TokenError) return failed({ code: "unauthorized", detail: error.message });
    throw error;
  }
}

function failed({ code, detail, headers }: Problem): Response {
  const fields = { ...cors, ...headers, ...(code === "unauthorized" && { "www-authenticate": "Basic, Bearer" }) };
  return Response.json({ message: detail, code }, { status: problemStatus[code], headers: fields });
}

/** @throws ProblemError, TokenError for whom the channel does not know */
async function callerOf({ headers }: IncomingMessage, channel: ScaledroneChannel, now: number): Promise<Caller> {
  const [scheme = "", proof = ""] = (headers.authorization ?? "").split(/ +/);
  if (/^basic$/i.test(scheme)) {
    const [id, secret = ""] = splitOnce(Buffer.from(proof, "base64").toString(), ":");
    if (id === channel.id && channel.isSecret(secret)) return "anything";
    throw new ProblemError("unauthorized", "this is not the channel and its secret");
  }
  if (/^bearer$/i.test(scheme)) return await readToken(proof, channel, { client: undefined, now });
  if (!channel.requireAuth) return "anything";
  throw new ProblemError("unauthorized", "this channel asks for Basic CHANNEL:SECRET or a Bearer token");
}

function splitOnce(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The room in the path, as it was sent: a name may hold an encoded slash. */
function roomAsked(c: NodeContext, basePath: string): string {
  return decodeSegment(c.req.path.slice(basePath.length).split("/")[1] ?? "");
}

function roomsAsked(c: NodeContext): string[] {
  const url = c.env.incoming.url ?? "";
  const rooms = new URLSearchParams(url.slice(url.indexOf("?") + 1)).getAll("r");
  if (rooms.length === 0) throw new ProblemError("bad-query", "name the rooms: ?r=ROOM&r=ROOM");
  if (rooms.length > 100)
    throw new ProblemError("bad-query", `${rooms.length} rooms are too many, at most 100 can be published to at once`);
  return rooms;
}

async function publish(
  { hub, health, messageBytes }: ScaledroneRestOptions,
  { c, channel, caller }: Call,
  rooms: readonly string[],
): Promise<object> {
  const { incoming } = c.env;
  const data = dataOf(await readBody(incoming, messageBytes), incoming.headers["content-type"]);
  if (health.draining) throw new ProblemError("shutting-down", "the server is shutting down, nothing was done", { "retry-after": "1" });
  const forbidden = rooms.find((room) => caller !== "anything" && !caller.permissions.allows("publish", room));
  if (forbidden !== undefined) throw new ProblemError("forbidden", `this token may not publish to ${JSON.stringify(forbidden)}`);
  for (const room of rooms) {
    const result = await hub.publish(channel.hubRoom(room), { data });
    if (result.outcome === "rejected") {
      const { code, detail, headers } = refusalProblem(result);
      throw new ProblemError(code, detail, headers);
    }
    if (result.outcome === "unknown") throw new ProblemError("unknown-outcome", "the store did not answer", { "retry-after": "1" });
  }
  return {};
}

/** JSON where it is declared and is some; else the text, as curl's example sends `Hello` with a JSON type (WORKED-EXAMPLES Q). */
export function dataOf(bytes: Uint8Array, contentType: string | undefined): unknown {
  const text = textOf(bytes);
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType ?? "")) return text;
  const data = parsed(text);
  const unfit = dataFault(data);
  if (unfit !== undefined) throw new ProblemError("bad-message", `the message ${unfit}`);
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError("bad-utf8", "the body is not UTF-8");
  }
}

/** Who is in a room is for those who may be told of its messages. */
const maySee = ({ caller }: Call, room: string): boolean => caller === "anything" || caller.permissions.allows("subscribe", room);

async function roomsOf(call: Call): Promise<string[]> {
  const rooms = await call.channel.census.rooms();
  return rooms.filter((room) => maySee(call, room));
}

async function askedMembers(hub: ScaledroneRestOptions["hub"], call: Call, room: string): Promise<string[]> {
  if (!maySee(call, room)) throw new ProblemError("forbidden", `this token may not subscribe to ${JSON.stringify(room)}`);
  return await membersOf(hub, call.channel, room);
}

async function membersOf(hub: ScaledroneRestOptions["hub"], channel: ScaledroneChannel, room: string): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await hub.presence(channel.hubRoom(room), { limit: 1000, ...(after !== undefined && { after }) });
    ids.push(...page.members.map(({ session }) => clientIdOf(session)));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

async function everyone(hub: ScaledroneRestOptions["hub"], call: Call): Promise<Record<string, string[]>> {
  const byRoom: [string, string[]][] = [];
  for (const room of await roomsOf(call)) byRoom.push([room, await membersOf(hub, call.channel, room)]);
  return Object.fromEntries(byRoom);
}
