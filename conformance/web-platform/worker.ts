import { parentPort, workerData } from "node:worker_threads";
import { CloseEvent, setEnvironment, WebSocket, WebSocketError, WebSocketStream } from "@openline/ws/web";
import { runParts } from "./run-parts.ts";

// What a worker thread of Node runs: the same cases.
const { server, base, ca } = workerData as { readonly server: string; readonly base: string; readonly ca: Uint8Array };
setEnvironment({ baseUrl: base, client: { ca: Buffer.from(ca) } });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(await runParts({ WebSocket, CloseEvent, WebSocketStream, WebSocketError, server, base, isHttp2: false }));
