import { Agent, type IncomingMessage, request } from "node:http";
import { WebSocket } from "@openline/ws";

/** Reads a room until it is stopped; each message's data goes to `onData`. */
export interface Way {
  readonly id: string;
  readonly name: string;
  /** Begins on `port`; resolves when the next message will be heard. `onRequest` is called for each HTTP request. Returns the function that stops it. */
  readonly start: (port: number, ear: Ear) => Promise<() => void>;
}

/** What a {@link Way} tells. */
export interface Ear {
  readonly onData: (data: unknown) => void;
  readonly onRequest: () => void;
}

/** How often somebody polls who does not wait. */
export const pollEveryMs = 1000;

/** What Chromium sends with a `fetch` of a page's own origin, and a session's cookie: a client with shorter fields pays less for each request. */
const browserFields = {
  "user-agent": "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "accept-language": "en-US,en;q=0.9",
  "accept-encoding": "gzip, deflate, br, zstd",
  "sec-ch-ua": '"Chromium";v="141", "Not?A_Brand";v="8"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
  cookie: "session=7d9f1c0e5ab84a3f9e2b6c8d0f1a2b3c",
};

const path = "/api/rooms/prices/messages";

interface PollBody {
  readonly position: string;
  readonly messages: readonly { readonly data: unknown }[];
}

function get(port: number, query: string, agent: Agent | false, ear: Ear, accept = "*/*"): Promise<IncomingMessage> {
  ear.onRequest();
  return new Promise((resolve, reject) => {
    const headers = { host: `localhost:${port}`, ...browserFields, accept, referer: `http://localhost:${port}/` };
    request({ port, host: "127.0.0.1", path: path + query, agent, headers }, resolve)
      .once("error", reject)
      .end();
  });
}

async function bodyOf(response: IncomingMessage): Promise<PollBody> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  if (response.statusCode !== 200) throw new Error(`a poll was answered with ${response.statusCode}: ${text}`);
  return JSON.parse(text);
}

/** Polls again and again, `pauseMs` after each answer began to be asked for. */
async function pollOn(port: number, ear: Ear, waitSeconds: number, pauseMs: number, agent: Agent | false): Promise<() => void> {
  const over = new AbortController();
  let { position } = await bodyOf(await get(port, "?wait=0", agent, ear));
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (over.signal.aborted) return;
      const body = await bodyOf(await get(port, `?after=${position}&wait=${waitSeconds}`, agent, ear));
      ({ position } = body);
      for (const { data } of body.messages) ear.onData(data);
    }
  };
  const running = loop().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  return () => {
    over.abort();
    if (agent !== false) agent.destroy();
    void running;
  };
}

const keepAlive = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });

async function listen(port: number, ear: Ear): Promise<() => void> {
  const response = await get(port, "", false, ear, "text/event-stream");
  response.setEncoding("utf8");
  let text = "";
  await new Promise<void>((begun) => {
    response.on("error", () => undefined);
    response.on("data", (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        if (event.startsWith("event: joined")) begun();
        const data = /^id: .*\ndata: (.*)$/m.exec(event)?.[1];
        if (data !== undefined && !event.startsWith("event:")) ear.onData(JSON.parse(data).data);
      }
    });
  });
  return () => response.destroy();
}

async function speak(port: number, ear: Ear): Promise<() => void> {
  ear.onRequest();
  const { cookie, "user-agent": agent } = browserFields;
  const socket = new WebSocket(`ws://localhost:${port}/hub`, ["openline.v1"], {
    headers: { cookie, "user-agent": agent, origin: `http://localhost:${port}` },
  });
  await new Promise<void>((joined, failed) => {
    socket.once("error", failed);
    socket.once("open", () => {
      socket.send(JSON.stringify({ type: "connect", ref: 1, version: 1 }));
      socket.send(JSON.stringify({ type: "join", ref: 2, room: "prices" }));
    });
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.type === "joined") joined();
      if (message.type === "message") ear.onData(message.data);
    });
  });
  return () => socket.terminate();
}

/** From what was there first to what came last. */
export const ways: readonly Way[] = [
  { id: "poll", name: "polling, a connection each", start: (port, ear) => pollOn(port, ear, 0, pollEveryMs, false) },
  { id: "poll-keep-alive", name: "polling, keep-alive", start: (port, ear) => pollOn(port, ear, 0, pollEveryMs, keepAlive()) },
  { id: "long-poll", name: "long polling", start: (port, ear) => pollOn(port, ear, 30, 0, keepAlive()) },
  { id: "sse", name: "server-sent events", start: listen },
  { id: "websocket", name: "WebSocket", start: speak },
];
