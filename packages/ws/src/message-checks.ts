import type { WebSocket } from "./websocket.ts";

/** A message on its way to the application, as {@link MessageCheck} sees it. */
export class CheckedMessage {
  /** The message's bytes. They belong to the check and to whoever comes after it. */
  readonly data: Buffer;
  readonly isBinary: boolean;
  #text: string | undefined;

  constructor(data: Buffer, isBinary: boolean) {
    this.data = data;
    this.isBinary = isBinary;
  }

  /** The bytes as text, decoded once. */
  get text(): string {
    return (this.#text ??= this.data.toString());
  }
}

/**
 * What a check says. Undefined: go on. `data`: go on with this instead (text when it is a string, unless `binary` says otherwise). `drop`: the message is left
 * out in silence. `close`: the connection is closed with that code and reason, and no further message reaches the application.
 */
export type MessageVerdict =
  | undefined
  | { readonly data: string | Uint8Array; readonly binary?: boolean | undefined }
  | { readonly drop: true }
  | { readonly close: number; readonly reason?: string | undefined };

/** Looks at each message before the application does. It may take its time: the messages behind wait, and the peer is held back by TCP. */
export type MessageCheck = (message: CheckedMessage, websocket: WebSocket) => MessageVerdict | Promise<MessageVerdict>;

/** The message that goes on after a verdict; undefined when none does. */
export function passOn(message: CheckedMessage, verdict: Exclude<MessageVerdict, { close: number }>): CheckedMessage | undefined {
  if (verdict === undefined) return message;
  if ("drop" in verdict) return undefined;
  return new CheckedMessage(Buffer.from(verdict.data), verdict.binary ?? typeof verdict.data !== "string");
}
