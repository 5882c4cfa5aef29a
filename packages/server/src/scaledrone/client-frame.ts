import { defaultLimits } from "@openline/wire";
import { dataFault } from "./data-fault.ts";

/** Whatever a Scaledrone client may say. Numbers that correlate are its own. */
export type ClientFrame =
  | { readonly type: "handshake"; readonly channel: string; readonly callback: number | undefined; readonly clientData: unknown }
  | { readonly type: "authenticate"; readonly token: string; readonly callback: number | undefined }
  | { readonly type: "subscribe"; readonly room: string; readonly callback: number | undefined; readonly historyCount: number }
  | { readonly type: "unsubscribe"; readonly room: string; readonly callback: number | undefined }
  | { readonly type: "publish"; readonly room: string; readonly message: unknown };

/** What cannot be read, and whose answer that is. */
export interface FrameFault {
  readonly type: "fault";
  readonly callback: number | undefined;
  readonly error: string;
}

/** Most messages from before that one subscribe may ask for. */
const mostHistory = 100;

/** Reads a frame of a client. Fields that are not known are passed over, as the clients of several languages have their own. */
export function readFrame(text: string): ClientFrame | FrameFault {
  const frame = parsed(text);
  if (frame === undefined) return { type: "fault", callback: undefined, error: "A message must be a JSON object" };
  const callback = typeof frame["callback"] === "number" ? frame["callback"] : undefined;
  const fault = (error: string): FrameFault => ({ type: "fault", callback, error });
  const { type, room, channel, token } = frame;
  // A token's patterns are tried on the name before the hub sees it: what `.*a.*b.*c` costs grows with the cube of its length.
  if (typeof room === "string" && room.length > defaultLimits.nameBytes)
    return fault(`A room's name of ${room.length} characters is too long, the limit is ${defaultLimits.nameBytes} bytes`);
  const unfit = dataFault(type === "handshake" ? frame["client_data"] : frame["message"]);
  if (unfit !== undefined) return fault(`${type === "handshake" ? "client_data" : "message"} ${unfit}`);
  switch (type) {
    case "handshake":
      if (typeof channel !== "string") return fault("handshake needs a channel");
      return { type, channel, callback, clientData: frame["client_data"] ?? undefined };
    case "authenticate":
      return typeof token === "string" ? { type, token, callback } : fault("authenticate needs a token");
    case "subscribe":
      if (typeof room !== "string" || room === "") return fault("subscribe needs a room");
      return { type, room, callback, historyCount: historyCountOf(frame) };
    case "unsubscribe":
      return typeof room === "string" && room !== "" ? { type, room, callback } : fault("unsubscribe needs a room");
    case "publish":
      if (typeof room !== "string" || room === "") return fault("publish needs a room");
      return "message" in frame ? { type, room, message: frame["message"] } : fault("publish needs a message");
    default:
      return fault(`Unknown type ${JSON.stringify(type)?.slice(0, 50)}`);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** `history` is the same number under an older name. */
function historyCountOf(frame: Readonly<Record<string, unknown>>): number {
  const count = frame["history_count"] ?? frame["history"];
  return typeof count === "number" && count > 0 ? Math.min(Math.floor(count), mostHistory) : 0;
}
