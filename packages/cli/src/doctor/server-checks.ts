import { lookup } from "node:dns/promises";
import { WebSocket } from "@openline/ws";
import { spanText } from "../time-span.ts";
import type { Finding } from "./finding.ts";
import { type Probe, patienceMs, probe, textOf } from "./http-probe.ts";
import { certificateFindings, http2Finding } from "./tls-checks.ts";

/**
 * Looks at a running server as its clients reach it, proxies included. `url`: its http(s) address, base path included, with a slash at the end. With `isInsecure`
 * a certificate that nobody trusts is no fault.
 */
export async function serverFindings(url: URL, isInsecure = false, now: number = Date.now()): Promise<Finding[]> {
  const resolved = await name(url);
  if (resolved.standing === "fault") return [resolved];
  const isSecure = url.protocol === "https:";
  const answer = await probe(new URL("health", url), "application/json").catch((error: unknown) => textOf(error));
  const certificate = isSecure ? await certificateFindings(url, isInsecure, now) : [];
  if (typeof answer === "string") return [resolved, ...certificate, unreachable(url, answer)];
  return [
    resolved,
    ...certificate,
    health(url, answer),
    ...clock(answer.headers.date, now),
    await webSocket(url),
    ...(isSecure ? [await http2Finding(url)] : []),
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

function unreachable(url: URL, why: string): Finding {
  return {
    what: "server",
    standing: "fault",
    found: `${url.href} does not answer: ${why}`,
    means: "no client gets in",
    remedy: "is openline serve running there, and does the proxy or firewall let this address through?",
  };
}

function health(url: URL, { status, text }: Probe): Finding {
  const what = "server";
  const body = parsed(text);
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
    return {
      what,
      standing: "warning",
      found: "503: it drains, or is not ready",
      means: "new clients are refused, or sent elsewhere",
      remedy: `ask ${new URL("ready", url).href} why`,
    };
  return {
    what,
    standing: "fault",
    found: `${new URL("health", url).href} answered ${status}, and not as ours does`,
    means: "another program answers, or the base path is another one",
    remedy: "give the address with the server's --base-path",
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Tokens and tickets are good for a time: clocks that differ refuse them. */
function clock(date: string | undefined, now: number): Finding[] {
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
  const remedy = remedies[String(status)] ?? "look for this request in the logs of the proxy and of the server";
  const found = typeof status === "number" ? `${address.href} was answered with ${status}` : `${address.href}: ${status}`;
  return {
    what,
    standing: "fault",
    found,
    means: "clients fall back to slower ways, or do not connect",
    remedy,
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
