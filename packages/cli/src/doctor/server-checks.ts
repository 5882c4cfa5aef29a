import { lookup } from "node:dns/promises";
import { connect as connectHttp2 } from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { WebSocket } from "@openline/ws";
import { spanText } from "../time-span.ts";
import type { Finding } from "./finding.ts";

const patienceMs = 10_000;
const dayMs = 86_400_000;

/** Looks at a running server as its clients reach it, proxies included. `url`: its http(s) address, base path included, with a slash at the end. */
export async function serverFindings(url: URL, now: number = Date.now()): Promise<Finding[]> {
  const resolved = await name(url);
  if (resolved.standing === "fault") return [resolved];
  const response = await fetch(new URL("health", url), { signal: AbortSignal.timeout(patienceMs), redirect: "manual" }).catch(
    (error: unknown) => error,
  );
  if (!(response instanceof Response)) {
    const isTls = url.protocol === "https:";
    return [resolved, ...(isTls ? await certificate(url, now) : []), unreachable(url, response)];
  }
  const body: unknown = await response.json().catch(() => undefined);
  return [
    resolved,
    ...(url.protocol === "https:" ? await certificate(url, now) : []),
    health(url, response.status, body),
    ...clock(response.headers.get("date"), now),
    await webSocket(url),
    ...(url.protocol === "https:" ? [await http2(url)] : []),
  ];
}

async function name({ hostname }: URL): Promise<Finding> {
  const what = "name";
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ""), { all: true });
    return { what, standing: "ok", found: `${hostname} is ${found.map(({ address }) => address).join(", ")}` };
  } catch (error) {
    return {
      what,
      standing: "fault",
      found: textOf(error),
      means: "no client can find the server",
      remedy: "look at the name and at the DNS entry",
    };
  }
}

function unreachable(url: URL, error: unknown): Finding {
  return {
    what: "server",
    standing: "fault",
    found: `${url.href} does not answer: ${textOf(error)}`,
    remedy: "is openline serve running there, and does the proxy or firewall let this address through?",
  };
}

function health(url: URL, status: number, body: unknown): Finding {
  const what = "server";
  const isOurs = typeof body === "object" && body !== null && "uptimeSeconds" in body && typeof body.uptimeSeconds === "number";
  if (status === 200 && isOurs)
    return { what, standing: "ok", found: `${url.href} answers, up for ${spanText(Number(body.uptimeSeconds) * 1000)}` };
  if (status === 421)
    return {
      what,
      standing: "fault",
      found: "421: the server does not serve under this host",
      means: "the proxy passes another Host on, or the name is new",
      remedy: `start it with --allowed-host ${url.hostname}, or let the proxy set Host`,
    };
  if (status === 503 && isOurs)
    return { what, standing: "warning", found: "503: it drains, or is not ready", remedy: `ask ${new URL("ready", url).href} why` };
  return {
    what,
    standing: "fault",
    found: `${new URL("health", url).href} answered ${status}, and not as ours does`,
    means: "another program answers, or the base path is another one",
    remedy: "give the address with the server's --base-path",
  };
}

/** Tokens and tickets are good for a time: clocks that differ refuse them. */
function clock(date: string | null, now: number): Finding[] {
  const there = Date.parse(date ?? "");
  if (Number.isNaN(there)) return [];
  // The field has whole seconds.
  const apart = Math.max(0, Math.abs(there + 500 - now) - 500);
  const found = apart < 2_000 ? "this machine's and the server's agree" : `this machine's and the server's are ${spanText(apart)} apart`;
  if (apart < 5_000) return [{ what: "clock", standing: "ok", found }];
  const remedy = "let both follow the time: timedatectl set-ntp true";
  return [
    { what: "clock", standing: "warning", found, means: "tokens and tickets that one of them makes may be refused by the other", remedy },
  ];
}

async function certificate(url: URL, now: number): Promise<Finding[]> {
  const what = "certificate";
  const seen: Certificate | Error = await peerCertificate({
    host: url.hostname,
    port: Number(url.port || 443),
    servername: url.hostname,
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (seen instanceof Error) return [{ what, standing: "fault", found: `no TLS: ${textOf(seen)}` }];
  const { validTo, fault, issuer, protocol } = seen;
  const left = validTo - now;
  const found = `by ${issuer}, until ${new Date(validTo).toISOString().slice(0, 10)}, ${protocol}`;
  if (left < 0)
    return [
      {
        what,
        standing: "fault",
        found: `expired ${spanText(left)} ago`,
        means: "browsers refuse it",
        remedy: "renew it; a running server takes the new one without a restart",
      },
    ];
  if (fault !== undefined)
    return [
      {
        what,
        standing: "fault",
        found: `${found}; ${fault}`,
        means: "clients that check it refuse it",
        remedy: "serve the whole chain, for this name",
      },
    ];
  if (left < 14 * dayMs)
    return [
      {
        what,
        standing: "warning",
        found: `${found}: ${spanText(left)} left`,
        remedy: "renew it; a running server takes the new one without a restart",
      },
    ];
  return [{ what, standing: "ok", found }];
}

interface Certificate {
  readonly validTo: number;
  readonly issuer: string;
  readonly protocol: string;
  /** Why a client that checks it refuses it. */
  readonly fault: string | undefined;
}

function peerCertificate(options: ConnectionOptions): Promise<Certificate> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connectTls({ ...options, rejectUnauthorized: false, timeout: patienceMs });
    socket.once("error", reject).once("timeout", () => socket.destroy(new Error("no answer within 10 s")));
    socket.once("secureConnect", () => {
      const { valid_to: to, issuer } = socket.getPeerCertificate();
      const fault = socket.authorized ? undefined : textOf(socket.authorizationError);
      resolve({
        validTo: Date.parse(to),
        issuer: String(issuer.O ?? issuer.CN ?? "itself"),
        protocol: socket.getProtocol() ?? "TLS",
        fault,
      });
      socket.destroy();
    });
  });
}

/** What clients do: the proxy must pass the upgrade on. */
async function webSocket(url: URL): Promise<Finding> {
  const what = "WebSocket";
  const address = new URL("hub", url);
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const status = await upgradeStatus(address);
  if (status === 101) return { what, standing: "ok", found: `${address.href} opens` };
  if (status === 401) return { what, standing: "ok", found: `${address.href} is there, and asks who one is` };
  const remedies: Readonly<Record<string, string>> = {
    "400":
      'the proxy drops the upgrade: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
    "426":
      'the proxy drops the upgrade: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
    "403": "the origin is not allowed: --allowed-origin, or --public-origin behind a proxy",
    "502": "the proxy does not reach the server",
    "504": "the proxy does not reach the server in time",
  };
  const remedy = remedies[String(status)];
  const found = typeof status === "number" ? `${address.href} was answered with ${status}` : `${address.href}: ${status}`;
  return {
    what,
    standing: "fault",
    found,
    means: "clients fall back to slower ways, or do not connect",
    ...(remedy !== undefined && { remedy }),
  };
}

function upgradeStatus(address: URL): Promise<number | string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address.href, ["openline.v1"], {
      handshakeTimeout: patienceMs,
      rejectUnauthorized: false,
      perMessageDeflate: false,
    });
    socket.once("open", () => {
      resolve(101);
      socket.close(1000);
    });
    socket.once("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("error", (error) => resolve(textOf(error)));
  });
}

/** RFC 8441: browsers then open their WebSockets on the connection that they have. */
function http2(url: URL): Promise<Finding> {
  const what = "HTTP/2";
  return new Promise((resolve) => {
    const session = connectHttp2(url.origin, { rejectUnauthorized: false });
    const end = (finding: Finding): void => {
      clearTimeout(deadline);
      session.destroy();
      resolve(finding);
    };
    const none: Finding = {
      what,
      standing: "note",
      found: "not spoken here",
      means: "each tab's WebSocket is a TCP connection of its own, as ever",
    };
    const deadline = setTimeout(() => end(none), patienceMs);
    session.on("error", () => end(none));
    session.once("remoteSettings", ({ enableConnectProtocol }) => {
      const found =
        enableConnectProtocol === true
          ? "spoken, and WebSockets may go over it (RFC 8441)"
          : "spoken, but WebSockets go over HTTP/1.1 beside it";
      end({ what, standing: enableConnectProtocol === true ? "ok" : "note", found });
    });
  });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return cause.errors.map((each) => textOf(each)).join("; ");
  return cause instanceof Error ? textOf(cause) : error.message || error.name;
}
