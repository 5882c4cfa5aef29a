import type { ConnectionProtocol } from "./connection.ts";
import { htmlfilePrelude } from "./pages.ts";

/** How a transport that receives over HTTP looks on the wire. */
export interface ReceivingTransport {
  readonly protocol: ConnectionProtocol;
  readonly methods: readonly string[];
  readonly contentType: string;
  /** Whether pages of other origins may read the answer. */
  readonly cors: boolean;
  /** Whether the request names a function of the page that is called with each frame. */
  readonly callback: boolean;
  /** Fields of this transport alone. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What a stream begins with; undefined for polling, where one frame is the whole answer. */
  readonly prelude?: (callback: string) => string;
  readonly wrap: (frame: string, callback: string) => string;
}

/** A transport that sends: its answer to a good body, and how it finds the JSON in it. */
export interface SendingTransport {
  readonly methods: readonly string[];
  readonly status: 200 | 204;
  readonly body: string;
  readonly cors: boolean;
  readonly json: (body: string, contentType: string) => string;
}

const script = "application/javascript; charset=UTF-8";
const post = ["OPTIONS", "POST"];
const lines = (frame: string): string => `${frame}\n`;
// Text inside a script element: no message may end that.
const scriptString = (frame: string): string => JSON.stringify(frame).replaceAll("<", "\\u003c");

/** Every transport that receives over HTTP, by the last segment of its path. */
export const receivingTransports: ReadonlyMap<string, ReceivingTransport> = new Map<string, ReceivingTransport>([
  ["xhr", { protocol: "xhr-polling", methods: post, contentType: script, cors: true, callback: false, wrap: lines }],
  [
    "xhr_streaming",
    {
      protocol: "xhr-streaming",
      methods: post,
      contentType: script,
      cors: true,
      callback: false,
      // Old browsers show a stream to the page only after so much.
      prelude: () => `${"h".repeat(2048)}\n`,
      wrap: lines,
    },
  ],
  [
    "eventsource",
    {
      protocol: "eventsource",
      methods: ["GET"],
      contentType: "text/event-stream",
      cors: true,
      callback: false,
      prelude: () => "\r\n",
      // The client runs decodeURI on each event.
      wrap: (frame) => `data: ${frame.replaceAll("%", "%25")}\r\n\r\n`,
    },
  ],
  [
    "htmlfile",
    {
      protocol: "htmlfile",
      methods: ["GET"],
      contentType: "text/html; charset=UTF-8",
      cors: false,
      callback: true,
      prelude: htmlfilePrelude,
      wrap: (frame) => `<script>\np(${scriptString(frame)});\n</script>\r\n`,
    },
  ],
  [
    "jsonp",
    {
      protocol: "jsonp-polling",
      methods: ["GET"],
      contentType: script,
      cors: false,
      callback: true,
      fields: { "X-Content-Type-Options": "nosniff" },
      wrap: (frame, callback) => `/**/${callback}(${scriptString(frame)});\r\n`,
    },
  ],
]);

/** The two transports that send. */
export const sendingTransports: ReadonlyMap<string, SendingTransport> = new Map<string, SendingTransport>([
  ["xhr_send", { methods: post, status: 204, body: "", cors: true, json: (body) => body }],
  ["jsonp_send", { methods: ["POST"], status: 200, body: "ok", cors: false, json: formField }],
]);

function formField(body: string, contentType: string): string {
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) return body;
  return new URLSearchParams(body).get("d") ?? "";
}
