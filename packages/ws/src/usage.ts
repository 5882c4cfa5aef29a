import { inspect } from "node:util";
import { isUint8Array } from "node:util/types";

const MAX_CONTROL_BYTES = 125;
const MAX_REASON_BYTES = MAX_CONTROL_BYTES - 2;

/**
 * Whether a close frame with that code and reason may be sent, and its reason as text: without a code there is none (RFC 6455 §5.5.1, §7.4).
 * @throws TypeError `USAGE_CLOSE_CODE`, RangeError `USAGE_CLOSE_REASON`: classes and texts of `ws`, and then the value
 */
export function checkCloseFrame(code: unknown, reason: unknown): string {
  if (code === undefined) return "";
  if (typeof code !== "number" || !isSendable(code)) {
    throw withCode(new TypeError(`First argument must be a valid error code number: ${inspect(code)}`), "USAGE_CLOSE_CODE");
  }
  if (reason === undefined || reason === null || reason === "") return "";
  if (typeof reason !== "string" && !isUint8Array(reason)) {
    throw withCode(new TypeError(`Second argument must be a string or a Uint8Array: ${typeof reason}`), "USAGE_CLOSE_REASON");
  }
  const bytes = Buffer.byteLength(reason);
  if (bytes > MAX_REASON_BYTES) {
    throw withCode(new RangeError(`The message must not be greater than ${MAX_REASON_BYTES} bytes: ${bytes}`), "USAGE_CLOSE_REASON");
  }
  return typeof reason === "string" ? reason : Buffer.from(reason).toString();
}

/** @throws RangeError `USAGE_CONTROL_PAYLOAD` when a ping or pong is too long (RFC 6455 §5.5) */
export function checkControlBytes(bytes: number): void {
  if (bytes <= MAX_CONTROL_BYTES) return;
  throw withCode(new RangeError(`The data size must not be greater than ${MAX_CONTROL_BYTES} bytes: ${bytes}`), "USAGE_CONTROL_PAYLOAD");
}

function isSendable(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
}

function withCode(error: Error, code: string): Error {
  return Object.assign(error, { code });
}
