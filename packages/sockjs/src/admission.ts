import type { IncomingMessage } from "node:http";
import type { ConnectionProtocol } from "./connection.ts";
import type { Admission, Admit } from "./options.ts";

/** Asks who may come in. Never rejects: what `admit` throws refuses with 500. */
export async function admitted(admit: Admit | undefined, request: IncomingMessage, protocol: ConnectionProtocol): Promise<Admission> {
  if (admit === undefined) return { ok: true };
  try {
    return await admit(request, protocol);
  } catch {
    return { ok: false, status: 500, body: "The server failed at this request." };
  }
}
