import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Profile, RequestVerdict } from "@openline/protocol";
import { AddressCap } from "./address-cap.ts";
import { clientOf } from "./fast-driver/bare-request.ts";
import { type HandlerErrorPolicy, reportHandlerError } from "./handler-errors.ts";
import { type HandshakeCheck, type HandshakeInfo, runHandshakeChecks } from "./handshake-checks.ts";
import { HandshakeDeadline } from "./handshake-deadline.ts";
import { type HeaderLimits, headerExcess } from "./header-limits.ts";
import { checkOrigins, isOriginAllowed, type Origins } from "./origin-policy.ts";
import { refuse } from "./refusal.ts";
import type { ServerOptions } from "./server-options.ts";
import { TrustedProxies } from "./trusted-proxies.ts";

// On the request itself: an entry of a WeakMap whose value leads back to its key stays until the next full collection (5 µs for each handshake).
const INFO: unique symbol = Symbol("openline.info");

type AdmittedRequest = IncomingMessage & { [INFO]?: HandshakeInfo };

/** A request that {@link checkRequest} found in order. */
export type GoodRequest = Extract<RequestVerdict, { readonly ok: true }>;

/**
 * Decides who may connect, before anything is upgraded: size of the header, origin, connections per address, and then the application's checks in their
 * order. Whoever is refused is answered here.
 */
export class Admission {
  readonly #proxies: TrustedProxies;
  readonly #limits: HeaderLimits;
  readonly #origins: Origins;
  readonly #cap: AddressCap;
  readonly #checks: readonly HandshakeCheck[];
  readonly #timeoutMs: number | undefined;
  readonly #onHandlerError: HandlerErrorPolicy;

  /** @throws TypeError for an origin or a proxy that cannot be */
  constructor(options: ServerOptions, profile: Profile) {
    const { maxConnectionsPerAddress, maxHeaderFields, maxHeaderBytes, handshakeChecks = [] } = options;
    this.#proxies = new TrustedProxies(options.trustProxy);
    this.#origins = checkOrigins(options.origins ?? profile.originPolicy);
    this.#limits = {
      maxHeaderFields: maxHeaderFields ?? profile.maxHeaderFields,
      maxHeaderBytes: maxHeaderBytes ?? profile.maxHeaderBytes,
    };
    // By default this machine is not counted: behind a proxy on it that was not named in `trustProxy` all clients would share one count.
    this.#cap = new AddressCap(maxConnectionsPerAddress ?? profile.maxConnectionsPerAddress, maxConnectionsPerAddress !== undefined);
    this.#checks = handshakeChecks;
    this.#timeoutMs = options.handshakeTimeout ?? profile.handshakeTimeoutMs;
    this.#onHandlerError = options.onHandlerError ?? profile.onHandlerError;
  }

  /** What is known of the client; undefined when it was refused. */
  admit(request: AdmittedRequest, socket: Duplex, { origin, subprotocols }: GoodRequest): HandshakeInfo | undefined {
    const excess = headerExcess(request.rawHeaders ?? [], this.#limits);
    if (excess !== undefined) return refused(socket, 431, excess);
    const { address, secure, host } = this.#proxies.sourceOf(clientOf(request, !this.#proxies.isEmpty));
    if (!isOriginAllowed(this.#origins, { origin, host, secure })) return refused(socket, 403, "Origin not allowed");
    if (!this.#cap.admit(address, socket)) return refused(socket, 429, "Too many connections from this address");
    const info: HandshakeInfo = { request, origin, remoteAddress: address, secure, subprotocols, context: {} };
    request[INFO] = info;
    return info;
  }

  /** Asks the application's checks, and goes on when all let the client pass. */
  check(info: HandshakeInfo, socket: Duplex, go: () => void): void {
    if (this.#checks.length === 0) return go();
    const deadline = new HandshakeDeadline(this.#timeoutMs, () => refuse(socket, 408));
    runHandshakeChecks(
      this.#checks,
      info,
      (verdict) => {
        if (!deadline.settle()) return;
        if (verdict === undefined) go();
        else refuse(socket, verdict.status, verdict.body, verdict.fields);
      },
      (error) => reportHandlerError(this.#onHandlerError, error, undefined),
    );
  }

  /** What {@link Admission.admit} found out about the request's client. */
  infoOf(request: AdmittedRequest): HandshakeInfo | undefined {
    return request[INFO];
  }
}

function refused(socket: Duplex, status: number, body: string): undefined {
  refuse(socket, status, body);
}
