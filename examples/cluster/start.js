// Two nodes on one Redis behind one nginx, without containers: `node examples/cluster/start.js`, then open http://localhost:8080.
// Needs redis-server and nginx on the PATH. PORT chooses another port. Ctrl+C ends all of it; the rooms stay in examples/cluster/data.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const openline = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
const data = process.env.DATA ?? join(here, "data");
const scratch = mkdtempSync(join(tmpdir(), "openline-cluster-"));
const [port, redis, first, second] = [process.env.PORT ?? "8080", await freePort(), await freePort(), await freePort()];
const running = new Set();
let isEnding = false;

mkdirSync(data, { recursive: true });
start("redis-server", ["--port", redis, "--bind", "127.0.0.1", "--dir", data, "--appendonly", "yes", "--maxmemory-policy", "noeviction"]);
await accepts(redis);
for (const node of [first, second]) {
  const flags = ["--port", node, "--broker", `redis://127.0.0.1:${redis}`, "--trust-proxy", "127.0.0.1"];
  start(process.execPath, [openline, "serve", ...flags, "--public-origin", `http://localhost:${port}`]);
  await accepts(node);
}
const configuration = readFileSync(join(here, "nginx.conf"), "utf8")
  .replace("listen 8080;", `listen 127.0.0.1:${port};`)
  .replace("node-1:8000", `127.0.0.1:${first}`)
  .replace("node-2:8000", `127.0.0.1:${second}`);
const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${scratch}/${name};`).join(" ");
// Nothing of a system's nginx is touched: its files lie in a folder of their own.
const user = process.getuid?.() === 0 ? "user root; " : "";
writeFileSync(join(scratch, "nginx.conf"), user + configuration.replace("http {", `pid ${scratch}/pid;\nhttp { access_log off; ${places}`));
start("nginx", ["-p", scratch, "-c", join(scratch, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"]);
await accepts(port);
console.log(`two nodes behind http://localhost:${port}/`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, end);

/** Runs a program; when one ends, all end. */
function start(program, args) {
  const child = spawn(program, args.map(String), { stdio: ["ignore", "ignore", "inherit"] });
  running.add(child);
  child.once("error", (error) => {
    console.error(`cannot run ${program}: ${error.message}`);
    running.delete(child);
    process.exitCode = 1;
    end();
  });
  child.once("exit", (code) => {
    running.delete(child);
    if (!isEnding) {
      console.error(`${program} ended with ${code}`);
      process.exitCode = 1;
      end();
    }
    if (running.size === 0) rmSync(scratch, { recursive: true, force: true });
  });
}

function end() {
  isEnding = true;
  for (const child of running) child.kill("SIGTERM");
  if (running.size === 0) process.exit();
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something listens. */
async function accepts(port) {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (running.size === 0) return;
    const socket = connect(Number(port), "127.0.0.1");
    const isThere = await new Promise((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port} after 30 s`);
}
