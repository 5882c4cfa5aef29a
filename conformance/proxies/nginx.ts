import { freePort } from "@openline/testkit";
import { startProxyProcess } from "./proxy-process.ts";

/** A running nginx, for one test. */
export interface Nginx {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts Debian's nginx on a free loopback port, with everything it writes in a temporary folder. `http` is what stands inside `http { … }`
 * beside the server; `server` what stands inside `server { … }`.
 */
export async function startNginx({ http, server }: { http: string; server: string }): Promise<Nginx> {
  const port = await freePort();
  const { stop } = await startProxyProcess({
    name: "nginx",
    configuration: (folder) => configuration({ folder, port, http, server }),
    args: (folder, file) => ["-p", folder, "-c", file, "-e", "stderr"],
    port,
  });
  return { port, stop };
}

const configuration = ({ folder, port, http, server }: { folder: string; port: number; http: string; server: string }): string => `
daemon off;
${process.getuid?.() === 0 ? "user root; # else its workers cannot write below a temporary folder of root's" : ""}
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  ${http}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`;
