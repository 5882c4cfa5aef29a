import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, freePort } from "@openline/testkit";

/** A running nginx, for one test. */
export interface Nginx {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts Debian's nginx in the foreground on a free loopback port, with everything it writes in a temporary folder. `http` is what stands
 * inside `http { … }` beside the server; `server` what stands inside `server { … }`.
 */
export async function startNginx({ http, server }: { http: string; server: string }): Promise<Nginx> {
  const program = findProgram("nginx");
  if (program.path === undefined) throw new Error(program.reason);
  const folder = await mkdtemp(join(tmpdir(), "openline-nginx-"));
  const port = await freePort();
  await mkdir(join(folder, "tmp"));
  await writeFile(join(folder, "nginx.conf"), configuration({ folder, port, http, server }));
  const child = spawn(program.path, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], {
    env: { ...process.env, ...program.env },
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += String(chunk);
  });
  await answers(port, () => (child.exitCode === null ? undefined : `nginx exited with ${child.exitCode}: ${log}`));
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const configuration = ({ folder, port, http, server }: { folder: string; port: number; http: string; server: string }): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/tmp/${name};`).join("\n  ")}
  ${http}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`;

/** Resolves once something accepts connections on `port`; `fault` says why that will never be. */
async function answers(port: number, fault: () => string | undefined): Promise<void> {
  for (;;) {
    const reason = fault();
    if (reason !== undefined) throw new Error(reason);
    const socket = connect(port, "127.0.0.1");
    const [event] = await Promise.race([
      once(socket, "connect").then(() => ["connect"]),
      once(socket, "error").then(() => ["error"]),
    ]).catch(() => ["error"]);
    socket.destroy();
    if (event === "connect") return;
    await new Promise((resolve) => setTimeout(resolve, 20)); // a real program starts in its own time
  }
}
