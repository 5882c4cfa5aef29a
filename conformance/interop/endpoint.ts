import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type * as ws from "ws";

/**
 * The endpoint under test: `@openline/ws`, or what `OPENLINE_ENDPOINT` names. With `OPENLINE_ENDPOINT=ws` the tests try themselves out on
 * npm `ws`. It is used through the types of `ws`, which a drop-in has to bear.
 */
export const endpointName = process.env["OPENLINE_ENDPOINT"] ?? "@openline/ws";

/** A package with the names of npm `ws`. */
export type Endpoint = typeof ws;

export const endpoint = (await import(endpointName)) as Endpoint;

/** Whether the endpoint negotiates permessage-deflate with itself; the cases of compression hang on it. */
export const canCompress: boolean = await negotiatesCompression();

async function negotiatesCompression(): Promise<boolean> {
  const { WebSocket, WebSocketServer } = endpoint;
  let server: InstanceType<typeof WebSocketServer>;
  try {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  } catch {
    return false;
  }
  try {
    await once(server, "listening");
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate: true });
    await once(socket, "open");
    const { extensions } = socket;
    socket.terminate();
    return extensions.startsWith("permessage-deflate");
  } catch {
    return false;
  } finally {
    server.close();
  }
}
