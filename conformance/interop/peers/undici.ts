import diagnostics from "node:diagnostics_channel";
import { ping, WebSocket as UndiciWebSocket } from "undici";
import type { Peer, Seen } from "../script.ts";
import { runInBrowser } from "./browser-client.ts";

const pongs = "undici:websocket:pong";

/** npm `undici` 7: the browser's interface in Node. It tells of pongs through a diagnostics channel. */
export const undici: Peer = {
  name: "npm undici",
  client: {
    lacks: {
      fragments: "its interface sends whole messages",
      "protocol-codes": "it takes 1000 and 3000 to 4999, as a browser does",
      compress: "it inflates and never deflates",
    },
    start: () =>
      Promise.resolve({
        run: (script) => runInBrowser(UndiciWebSocket as unknown as typeof WebSocket, script, withPings),
        stop: () => Promise.resolve(),
      }),
  },
};

function withPings(socket: WebSocket, saw: (seen: Seen) => void): { ping(data: string): void } {
  const ours = socket as unknown as UndiciWebSocket;
  const onPong = (event: unknown): void => {
    const { websocket, payload } = event as { websocket: unknown; payload: Uint8Array };
    if (websocket === ours) saw({ seen: "pong", data: Buffer.from(payload).toString("base64") });
  };
  diagnostics.subscribe(pongs, onPong);
  socket.addEventListener("close", () => diagnostics.unsubscribe(pongs, onPong));
  return { ping: (data) => ping(ours, Buffer.from(data, "base64")) };
}
