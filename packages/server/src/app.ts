import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { operations } from "./api/operations.ts";
import type { Tickets } from "./auth/tickets.ts";
import type { Gate } from "./gate.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./operations/metrics.ts";
import type { OriginPolicy } from "./origin-policy.ts";
import { type Problem, ProblemError, problemResponse } from "./problems.ts";
import { wantsReading } from "./reading/reading-route.ts";
import { rawPath } from "./request-path.ts";
import type { NodeContext } from "./routes/api-route.ts";
import { addDisconnect } from "./routes/disconnect.ts";
import { type HealthSource, healthRoute, readyRoute } from "./routes/health.ts";
import { addHistory } from "./routes/history.ts";
import { addMembers } from "./routes/members.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { openApiRoute } from "./routes/openapi.ts";
import { pageRoutes } from "./routes/page.ts";
import { addPublish, addPublishMany } from "./routes/publish.ts";
import { addRevocations, type Revoker } from "./routes/revocations.ts";
import type { RoomService } from "./routes/room-service.ts";
import { addRooms } from "./routes/rooms.ts";
import { addTickets } from "./routes/tickets.ts";
import { addUsers } from "./routes/users.ts";
import { addWebhooks } from "./routes/webhooks.ts";
import type { ScaledroneDoor } from "./scaledrone/scaledrone-door.ts";
import { packageVersion } from "./version.ts";
import type { WebhookService } from "./webhooks/webhook-service.ts";

/** What {@link createApp} is built from. */
export interface AppOptions {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly gate: Gate;
  readonly origins: OriginPolicy;
  readonly rooms: RoomService;
  readonly tickets: Tickets;
  /** Undefined where nobody logs in. */
  readonly revoker: Revoker | undefined;
  readonly health: HealthSource;
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  readonly webhooks: WebhookService | undefined;
  /** Answers clients that read a room by long polling or as server-sent events. Default: nobody does. */
  readonly reading?: (c: NodeContext) => Promise<Response>;
  /** Scaledrone's REST API. Default: there is none. */
  readonly scaledrone?: Pick<ScaledroneDoor, "addRoutes"> | undefined;
  /** Largest body of a publish. */
  readonly bodyLimitBytes: number;
  readonly consoleFolder: string;
  readonly publicOrigin: string | undefined;
  readonly log: Logger;
}

type App = Hono<{ Bindings: HttpBindings }>;

/** The HTTP side as a Hono application over `node:http`: API, health, page, and a problem for everything that goes wrong. */
export function createApp(options: AppOptions): App {
  const { basePath, gate, log } = options;
  // Routes match the raw path: Hono's own reading would decode it, and the room's name would lose its borders.
  const root: App = new Hono<{ Bindings: HttpBindings }>({
    getPath: (_request, extra) => rawPath(extra?.env?.incoming.url),
  });
  root.onError((error, c) => failure(error, log, `${c.req.method} ${c.req.path}`));
  root.notFound((c) => problemResponse({ code: "not-found", detail: `there is nothing at ${JSON.stringify(c.req.path.slice(0, 200))}` }));
  // Before the check of Origin: here a token or a secret proves, and pages of any origin may send theirs.
  options.scaledrone?.addRoutes(root);
  root.use(async (c, next) => {
    const refused = gate.check(c.env.incoming);
    if (refused !== undefined) return problemResponse(refused);
    return next();
  });
  root.use(methodNotAllowed({ app: root, onMethodNotAllowed: (c, methods) => problemResponse(wrongMethod(c.req.method, methods)) }));
  addApi(root, options);
  root.get(`${basePath}health`, healthRoute(options.health));
  root.get(`${basePath}ready`, readyRoute(options.health));
  root.get(`${basePath}metrics`, metricsRoute(options.metrics, gate));
  root.get(`${basePath}hub`, () => problemResponse(upgradeRequired));
  if (basePath !== "/")
    root.get(basePath.slice(0, -1), (c) => c.body(null, 308, { location: `${basePath.slice(0, -1).replace(/^.*\//, "")}/` }));
  root.route(basePath, pageRoutes({ folder: options.consoleFolder, basePath, publicOrigin: options.publicOrigin }));
  return root;
}

function addApi(root: App, options: AppOptions): void {
  const { basePath, gate, origins, rooms, tickets, revoker, health, webhooks, bodyLimitBytes, reading } = options;
  const description = `${basePath}api/openapi.json`;
  const shared = cors({
    origin: (origin) => (origins.lists(origin) ? origin : null),
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id"],
  });
  root.use(`${basePath}api/*`, (c, next) => (origins.lists(c.req.header("origin") ?? "") ? shared(c, next) : next()));
  // Before the key of the application is asked for: a client has its own.
  if (reading !== undefined)
    root.get(`${basePath}api/rooms/:room/messages`, (c, next) => (wantsReading(c.env.incoming) ? reading(c) : next()));
  root.use(`${basePath}api/*`, async (c, next) => {
    const refused = c.req.path === description ? undefined : gate.checkApi(c.env.incoming);
    if (refused !== undefined) return problemResponse(refused);
    await next();
    c.res.headers.set("x-content-type-options", "nosniff");
    return undefined;
  });
  const routes = { app: root, basePath, gate, health, bodyLimitBytes };
  addPublish(routes, rooms);
  addPublishMany(routes, rooms);
  addHistory(routes, rooms);
  addRooms(routes, rooms);
  addMembers(routes, rooms);
  addTickets(routes, tickets);
  addRevocations(routes, revoker);
  addUsers(routes, rooms);
  addDisconnect(routes, rooms);
  addWebhooks(routes, webhooks);
  root.get(description, openApiRoute({ operations: Object.values(operations), basePath, version: packageVersion() }));
}

/** Turns what a route threw into a response: a problem as it is, anything else as `internal`, with the details in the log only. */
export function failure(error: unknown, log: Logger, where: string): Response {
  if (error instanceof ProblemError) return problemResponse(error.problem);
  log.error({ err: error, where }, "a request failed");
  return problemResponse({ code: "internal", detail: "the server failed at this request; its log has the reason" });
}

function wrongMethod(method: string, methods: readonly string[]): Problem {
  const allow = methods.join(", ");
  return { code: "method-not-allowed", detail: `${method} is not possible here, only ${allow}`, headers: { allow } };
}

const upgradeRequired: Problem = {
  code: "upgrade-required",
  detail: "this is the WebSocket endpoint of the hub: open it with a WebSocket client",
  headers: { upgrade: "websocket", connection: "Upgrade" },
};
