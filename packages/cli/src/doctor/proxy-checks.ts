import { createServer, type IncomingMessage, type Server } from "node:http";
import { type WebSocket as ServerSocket, WebSocket, WebSocketServer } from "@openline/ws";
import type { Finding } from "./finding.ts";
import { patienceMs, probe, textOf } from "./http-probe.ts";
import { certificateFindings, http2Finding } from "./tls-checks.ts";

/**
 * Stands in the place of the server behind a proxy, asks through the proxy, and looks at what arrives. `port` is the one that the proxy passes on to; `url` its public
 * address with a slash at the end. With `isInsecure` a certificate that nobody trusts is no fault.
 * @throws the system's error when it cannot listen there, EADDRINUSE while the server runs
 */
export async function proxyFindings(url: URL, port: number, host = "localhost", isInsecure = false): Promise<Finding[]> {
  const stand = await Stand.open(port, host);
  try {
    return await stand.look(url, isInsecure);
  } finally {
    stand.close();
  }
}

class Stand {
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  /** The last request that came. */
  #seen: IncomingMessage | undefined;

  private constructor(http: Server) {
    this.#http = http;
    http.on("request", (request, response) => {
      this.#seen = request;
      response.writeHead(200, { "content-type": "text/event-stream", "x-accel-buffering": "no", "cache-control": "no-store" });
      response.write(": first\n\n");
      // What a proxy collects comes with this one, or not at all.
      setTimeout(() => response.end(": last\n\n"), 1_500);
    });
    http.on("upgrade", (request, socket, head) => {
      this.#seen = request;
      this.#sockets.handleUpgrade(request, socket, head, (websocket: ServerSocket) =>
        websocket.on("message", (data) => websocket.send(data)),
      );
    });
  }

  static async open(port: number, host: string): Promise<Stand> {
    const http = createServer();
    const stand = new Stand(http);
    await new Promise<void>((resolve, reject) => http.once("error", reject).listen(port, host, resolve));
    return stand;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  async look(url: URL, isInsecure: boolean): Promise<Finding[]> {
    const isSecure = url.protocol === "https:";
    const certificate = isSecure ? await certificateFindings(url, isInsecure) : [];
    const stream = await this.#stream(url);
    const request = this.#seen;
    if (request === undefined) return [...certificate, notReached(url, stream)];
    const http2 = isSecure ? [await http2Finding(url)] : [];
    return [...certificate, ...headerFindings(request, url), streamFinding(stream), await this.#webSocket(url), ...http2];
  }

  /** Milliseconds until the first event came; a text when something else did. */
  async #stream(url: URL): Promise<number | string> {
    try {
      const { status, firstMs } = await probe(url, "text/event-stream", 1);
      return status === 200 ? (firstMs ?? "the answer was empty") : `it answered ${status}`;
    } catch (error) {
      return textOf(error);
    }
  }

  #webSocket(url: URL): Promise<Finding> {
    const what = "WebSocket through the proxy";
    const address = new URL(url);
    address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new Promise((resolve) => {
      const socket = new WebSocket(address.href, { handshakeTimeout: patienceMs, rejectUnauthorized: false });
      const fail = (found: string): void =>
        resolve({
          what,
          standing: "fault",
          found,
          means: "clients fall back to slower ways, or do not connect",
          remedy:
            'pass the upgrade on: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
        });
      // Longer than the handshake may take, whose own reason tells more.
      const deadline = setTimeout(() => socket.terminate(), 2 * patienceMs);
      socket.once("close", () => {
        clearTimeout(deadline);
        fail("opens, and nothing comes back");
      });
      socket.once("open", () => socket.send("hello"));
      socket.once("message", (data) => {
        resolve({ what, standing: "ok", found: `opens, and ${JSON.stringify(Buffer.isBuffer(data) ? data.toString() : "")} comes back` });
        socket.close();
      });
      socket.once("unexpected-response", (_request, response) => {
        fail(`answered with ${response.statusCode}`);
        socket.terminate();
      });
      socket.on("error", (error) => fail(error.message));
    });
  }
}

function notReached(url: URL, why: number | string): Finding {
  return {
    what: "proxy",
    standing: "fault",
    found: `${url.href} did not reach this port${typeof why === "string" ? `: ${why}` : ""}`,
    means: "clients do not reach a server here either",
    remedy: "look at the address and at the upstream's port in the proxy's configuration",
  };
}

function headerFindings({ headers }: IncomingMessage, url: URL): Finding[] {
  const forwarded = headers["x-forwarded-for"] ?? headers["forwarded"];
  const scheme = String(headers["x-forwarded-proto"] ?? /proto=(\w+)/.exec(headers["forwarded"] ?? "")?.[1] ?? "");
  const { host = "" } = headers;
  return [
    forwarded === undefined
      ? {
          what: "client's address",
          standing: "warning",
          found: "the proxy does not tell it",
          means: "all clients share the proxy's address: caps per address count them as one",
          remedy: "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; and start the server with --trust-proxy ADDRESS",
        }
      : {
          what: "client's address",
          standing: "ok",
          found: `X-Forwarded-For: ${String(forwarded)}`,
          remedy: "start the server with --trust-proxy ADDRESS to believe it",
        },
    host === url.host
      ? { what: "Host", standing: "ok", found: `passed on as ${host}` }
      : {
          what: "Host",
          standing: "note",
          found: `becomes ${host}`,
          means: "pages of the public origin look foreign to the server",
          remedy: `proxy_set_header Host $host; or start with --public-origin ${url.origin} and --allowed-host ${host.replace(/:\d+$/, "")}`,
        },
    ...(url.protocol === "https:" && scheme !== "https"
      ? [
          {
            what: "scheme",
            standing: "note",
            found: "the proxy does not tell that it was https",
            means: "the server takes the page's origin for another one",
            remedy: `proxy_set_header X-Forwarded-Proto $scheme; with --trust-proxy, or start with --public-origin ${url.origin}`,
          } as const,
        ]
      : []),
  ];
}

function streamFinding(stream: number | string): Finding {
  const what = "streams through the proxy";
  if (typeof stream === "string")
    return {
      what,
      standing: "fault",
      found: stream,
      means: "server-sent events and SockJS's streams do not come through",
      remedy: "look for this request in the proxy's log: it asked for text/event-stream",
    };
  if (stream < 1_000) return { what, standing: "ok", found: `the first event came after ${Math.round(stream)} ms` };
  return {
    what,
    standing: "warning",
    found: `the first event came after ${Math.round(stream)} ms, with the end of the answer`,
    means: "the proxy collects answers: server-sent events and SockJS's streams come late",
    remedy: "proxy_buffering off; for these paths",
  };
}
