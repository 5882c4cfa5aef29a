import { isReceivableCloseCode, isSendableCloseCode, NO_STATUS_RECEIVED } from "./close-codes.ts";
import type { ProtocolErrorCode } from "./errors.ts";
import { UsageError } from "./errors.ts";
import { MAX_CONTROL_BYTES, NO_BYTES } from "./frame.ts";
import type { Platform } from "./platform.ts";

/**
 * The payload of a close frame (RFC 6455 §5.5.1).
 * @throws UsageError `USAGE_CLOSE_CODE`, `USAGE_CLOSE_REASON` (over 123 bytes), `USAGE_CLOSE_REASON_WITHOUT_CODE`
 */
export function encodeClose(code: number | undefined, reason: string, platform: Platform): Uint8Array {
  if (code === undefined) {
    if (reason !== "") throw new UsageError("USAGE_CLOSE_REASON_WITHOUT_CODE");
    return NO_BYTES;
  }
  if (!isSendableCloseCode(code)) throw new UsageError("USAGE_CLOSE_CODE", { value: code });
  const bytes = platform.utf8Length(reason);
  if (bytes > MAX_CONTROL_BYTES - 2) throw new UsageError("USAGE_CLOSE_REASON", { value: bytes, limit: MAX_CONTROL_BYTES - 2 });
  const payload = platform.alloc(2 + bytes);
  payload[0] = code >>> 8;
  payload[1] = code & 255;
  platform.encodeInto(reason, payload, 2);
  return payload;
}

/** What stands in a close frame; or the fault in it. */
export type CloseVerdict =
  | { readonly code: number; readonly reason: string }
  | { readonly fault: ProtocolErrorCode; readonly value: number };

/** Reads a close frame's payload, of any length but 1 (RFC 6455 §5.5.1, §7.4). No payload gives 1005 (RFC 6455 §7.1.5). */
export function decodeClose(payload: Uint8Array, platform: Platform, skipUtf8Validation: boolean): CloseVerdict {
  if (payload.length === 0) return { code: NO_STATUS_RECEIVED, reason: "" };
  const code = (payload[0]! << 8) | payload[1]!;
  if (!isReceivableCloseCode(code)) return { fault: "WS_ERR_INVALID_CLOSE_CODE", value: code };
  const reason = payload.subarray(2);
  if (!skipUtf8Validation && !platform.isUtf8(reason)) return { fault: "WS_ERR_INVALID_UTF8", value: 0 };
  return { code, reason: platform.decodeUtf8(reason) };
}
