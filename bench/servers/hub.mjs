// The whole server, @openline/server, as `openline serve` composes it: room with history, positions, sessions. Defaults but for the log.
// BENCH_STORE says where rooms are kept: memory (default), durable (a new directory), redis (a new redis-server, BENCH_REDIS is the program).
// BENCH_HISTORY: how many messages a room keeps, when not as many as by default.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer as createPort } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "@openline/server";

// Not the default of a signal: a CPU profile is written, and what is made below goes away, on a regular exit only.
process.on("SIGTERM", () => process.exit());
process.on("SIGUSR2", () => globalThis.gc?.());

const stores = { memory: async () => ({}), durable: async () => ({ data: folder() }), redis: async () => ({ broker: await startRedis() }) };

const store = await stores[process.env.BENCH_STORE ?? "memory"]();
const { BENCH_HISTORY: messages } = process.env;
const history = messages ? { history: { messages: Number(messages) } } : {};
const server = createServer({ port: 0, host: "127.0.0.1", logLevel: "silent", ...history, ...store });
const { port } = await server.listen();
process.stdout.write(`listening ${port}\n`);

function folder() {
  const path = mkdtempSync(join(tmpdir(), "openline-bench-hub-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function startRedis() {
  const { BENCH_REDIS: program = "redis-server", BENCH_REDIS_LIBRARIES: libraries } = process.env;
  const redisPort = await freePort();
  const words = ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", folder()];
  const env = { ...process.env, ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) };
  const child = spawn(program, words, { stdio: "ignore", env });
  process.on("exit", () => child.kill("SIGKILL"));
  child.once("error", (error) => process.stderr.write(`${error.message}\n`));
  while (!(await answers(redisPort))) await new Promise((resolve) => setTimeout(resolve, 20));
  return `redis://127.0.0.1:${redisPort}`;
}

async function answers(redisPort) {
  const socket = connect(redisPort, "127.0.0.1");
  const connected = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(
    () => false,
  );
  socket.destroy();
  return connected;
}

async function freePort() {
  const listener = createPort().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const found = listener.address().port;
  listener.close();
  return found;
}
