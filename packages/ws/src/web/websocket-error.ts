import { checkClose } from "./close-rules.ts";
import { asInterface, clampedUnsignedShort, dictionary, domString, usvString } from "./web-idl.ts";

/** How a connection is to be closed, or was (WebSockets Standard §4, `WebSocketCloseInfo`). */
export interface WebSocketCloseInfo {
  readonly closeCode?: number | undefined;
  readonly reason?: string | undefined;
}

/** Close information as scripts pass it, looked at. A reason without a code gets 1000. */
export interface CheckedClose {
  readonly closeCode: number | null;
  readonly reason: string;
}

/** @throws TypeError for what is no object, DOMException `InvalidAccessError` or `SyntaxError` as `WebSocket.close` has them */
export function checkedClose(info: unknown, of: string): CheckedClose {
  const { closeCode: givenCode, reason: givenReason }: WebSocketCloseInfo = dictionary(info, of);
  const code = givenCode === undefined ? undefined : clampedUnsignedShort(givenCode);
  const reason = givenReason === undefined ? "" : usvString(givenReason);
  checkClose(code, reason);
  return { closeCode: code ?? (reason === "" ? null : 1000), reason };
}

// Set while the class is made: codes that scripts may not give, such as 1006, come in by it.
let withEnd: (message: string, end: CheckedClose) => WebSocketError;

/** Why a `WebSocketStream` came to nothing or ended without a closing handshake; also what `cancel` and `abort` of its streams take to close with a code. */
export class WebSocketError extends DOMException {
  #closeCode: number | null;
  #reason: string;

  static {
    withEnd = (message, { closeCode, reason }) => {
      const error = new WebSocketError(message);
      error.#closeCode = closeCode;
      error.#reason = reason;
      return error;
    };
  }

  /** @throws DOMException `InvalidAccessError` for a code other than 1000 and 3000 to 4999, `SyntaxError` for a reason over 123 bytes */
  constructor(message: string = "", init: WebSocketCloseInfo = {}) {
    const { closeCode, reason } = checkedClose(init, "WebSocketError");
    super(domString(message), "WebSocketError");
    this.#closeCode = closeCode;
    this.#reason = reason;
  }

  /** Null for none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  get reason(): string {
    return this.#reason;
  }
}

asInterface(WebSocketError, ["closeCode", "reason"]);

/** The error for a connection that ended so. */
export function errorOfEnd(message: string, closeCode: number, reason: string): WebSocketError {
  return withEnd(message, { closeCode, reason });
}
