import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findProgram } from "@openline/testkit";
import SockJS from "sockjs-client";
import { type Nginx, startNginx } from "../proxies/nginx.ts";
import { type SockjsService, samples, startSockjs } from "./sockjs-endpoint.ts";

const program = findProgram("nginx");
const skip = program.path === undefined && program.reason;

let service: SockjsService;
let nginx: Nginx;
before(async () => {
  if (skip) return;
  service = await startSockjs({ base: "/wsapp" });
  nginx = await startNginx({
    http: `upstream wsbackend { server 127.0.0.1:${service.port}; }`,
    // To the letter what tutorials tell people to write: the answers are buffered unless the server asks for the contrary.
    server:
      'location /wsapp/ { proxy_pass http://wsbackend; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }',
  });
});
after(async () => {
  await nginx?.stop();
  await service?.stop();
});

for (const transport of ["websocket", "xhr-streaming", "eventsource", "xhr-polling"]) {
  test(`P: behind nginx with the tutorials' location block SockJS works under /wsapp/ over ${transport}`, { skip }, async () => {
    const sock = new SockJS(`http://127.0.0.1:${nginx.port}/wsapp/echo`, null, { transports: [transport], timeout: 20_000 });
    const received: string[] = [];
    await new Promise<void>((resolve, reject) => {
      // One at a time: a stream that is held back on the way would never answer.
      sock.onopen = () => sock.send(samples[0] ?? "");
      sock.onmessage = ({ data }) => {
        received.push(data);
        const next = samples[received.length];
        if (next === undefined) resolve();
        else sock.send(next);
      };
      sock.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason} after ${received.length}`));
    });
    assert.deepEqual(received, samples);
    sock.onclose = null;
    sock.close();
  });
}
