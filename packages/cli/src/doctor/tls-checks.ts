import { connect as connectHttp2 } from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { spanText } from "../time-span.ts";
import type { Finding } from "./finding.ts";
import { patienceMs, textOf } from "./http-probe.ts";

const dayMs = 86_400_000;

/** Looks at the dates, the chain and the name of the certificate that clients get. With `isInsecure` what is wrong with it is a note. */
export async function certificateFindings(url: URL, isInsecure: boolean, now: number = Date.now()): Promise<Finding[]> {
  const found = await judged(url, now);
  return isInsecure && (found.standing === "fault" || found.standing === "warning") ? [{ ...found, standing: "note" }] : [found];
}

async function judged(url: URL, now: number): Promise<Finding> {
  const what = "certificate";
  const seen: Certificate | Error = await peerCertificate({
    host: url.hostname,
    port: Number(url.port || 443),
    servername: url.hostname,
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (seen instanceof Error)
    return {
      what,
      standing: "fault",
      found: `no TLS: ${textOf(seen)}`,
      means: "no client gets in over https and wss",
      remedy: "is it an http address, or does the proxy have no certificate for this name?",
    };
  const { validTo, fault, issuer, protocol } = seen;
  const left = validTo - now;
  const found = `by ${issuer}, until ${new Date(validTo).toISOString().slice(0, 10)}, ${protocol}`;
  const renew = { means: "browsers refuse one that has expired", remedy: "renew it; a running server takes the new one without a restart" };
  if (left < 0) return { what, standing: "fault", found: `expired ${spanText(left)} ago`, ...renew };
  if (fault !== undefined)
    return {
      what,
      standing: "fault",
      found: `${found}; ${fault}`,
      means: "clients that check it refuse it",
      remedy: "serve the whole chain, for this name; NODE_EXTRA_CA_CERTS=ca.pem trusts an authority of your own, --insecure looks away",
    };
  if (left < 14 * dayMs) return { what, standing: "warning", found: `${found}: ${spanText(left)} left`, ...renew };
  return { what, standing: "ok", found };
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

/** RFC 8441: browsers then open their WebSockets on the connection that they have. */
export function http2Finding(url: URL): Promise<Finding> {
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
      remedy: "openline serve speaks it with --cert and --key; nginx with http2 on, and then its WebSockets go over HTTP/1.1 beside it",
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
