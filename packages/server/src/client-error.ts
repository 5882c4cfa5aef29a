import type { Duplex } from "node:stream";
import { faultCode } from "./fault.ts";
import type { Problem } from "./problems.ts";
import { refuse } from "./upgrade.ts";

/** Answers bytes that are no HTTP request: the listener of a server's `clientError`. */
export function answerClientError(error: Error, socket: Duplex): void {
  const code = faultCode(error);
  if (code === "ECONNRESET" || !socket.writable) socket.destroy();
  else refuse(socket, problemOf(code));
}

function problemOf(code: string): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { code: "headers-too-large", detail: "the header fields are larger than 16 KiB" };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { code: "request-timeout", detail: "the request did not come in time" };
    default:
      return { code: "bad-request", detail: `this is no HTTP request (${code === "" ? "unreadable" : code})` };
  }
}
