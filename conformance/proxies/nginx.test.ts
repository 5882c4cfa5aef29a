import { findProgram } from "@openline/testkit";
import { startNginx } from "./nginx.ts";
import { tryThrough } from "./through-proxy.ts";

const program = findProgram("nginx");
const upgraded =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 2s; proxy_send_timeout 2s;';

tryThrough({
  name: "nginx",
  missing: program.path === undefined ? program.reason : undefined,
  async start({ plain, compressed }) {
    const { port, stop } = await startNginx({
      http: "",
      server: `
        location /plain/ { proxy_pass http://${plain}/; ${upgraded} }
        location /compressed/ { proxy_pass http://${compressed}/; ${upgraded} }
      `,
    });
    return { urls: { plain: `ws://127.0.0.1:${port}/plain`, compressed: `ws://127.0.0.1:${port}/compressed` }, stop };
  },
});
