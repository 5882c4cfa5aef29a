import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "@openline/testkit";
import { root } from "../../scripts/terminal.mjs";
import { emptyProject, type Project, typeCheck } from "./project.ts";

let project: Project;
before(async () => {
  project = await emptyProject();
});
after(() => project?.remove());

const names = ["@openline/protocol", "@openline/ws", "@openline/wire", "@openline/hub", "@openline/client", "@openline/server"];

test("every package can be imported from an ES module", async () => {
  await project.write(
    "all.mjs",
    `${names.map((name, index) => `import * as p${index} from "${name}";`).join("\n")}\nconsole.log(Object.keys(p0).length > 0);\n`,
  );
  assert.deepEqual(await project.node("all.mjs"), { code: 0, output: "true\n" });
});

test("importing @openline/ws/web/global makes the browser's classes the globals", async () => {
  await project.write(
    "global.mjs",
    `import "@openline/ws/web/global";\nimport { WebSocket as Ours } from "@openline/ws/web";\nconsole.log(WebSocket === Ours, typeof WebSocketStream);\n`,
  );
  assert.deepEqual(await project.node("global.mjs"), { code: 0, output: "true function\n" });
});

test("every package can be required from CommonJS, and @openline/ws is the WebSocket class there", async () => {
  const echo = `
    for (const name of ${JSON.stringify(names)}) require(name);
    const WebSocket = require("@openline/ws");
    const { Server } = require("@openline/ws");
    const server = new Server({ port: 0 }, () => {
      const socket = new WebSocket("ws://127.0.0.1:" + server.address().port);
      socket.on("open", () => socket.send("hello from CommonJS"));
      socket.on("message", (data) => { console.log(String(data)); socket.close(); server.close(); });
    });
    server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  `;
  await project.write("echo.cjs", echo);
  assert.deepEqual(await project.node("--no-warnings", "echo.cjs"), { code: 0, output: "hello from CommonJS\n" });
});

test("the types fit a strict TypeScript project", async () => {
  const text = `
    import { Client } from "@openline/client";
    import { SharedClient } from "@openline/client/shared";
    import { createServer } from "@openline/server";
    import { WebSocket, WebSocketServer } from "@openline/ws";
    import { WebSocket as PageSocket, WebSocketStream } from "@openline/ws/web";
    import type { ClientMessage } from "@openline/wire";

    const server = new WebSocketServer({ port: 0 });
    server.on("connection", (socket: WebSocket) => { const room: boolean = socket.send("x"); void room; });
    const page = new PageSocket("ws://localhost:8000", ["chat"]);
    page.onmessage = ({ data }) => void data;
    page.addEventListener("close", ({ code, wasClean }) => { const both: [number, boolean] = [code, wasClean]; void both; });
    void new WebSocketStream("ws://localhost:8000").opened.then(({ writable }) => writable.getWriter().write("x"));
    const client = new Client("http://localhost:8000");
    client.join<{ text: string }>("lobby").on("message", ({ data }) => { const text: string = data.text; void text; });
    const shared: Client = new SharedClient("http://localhost:8000", { shareWith: "ada", autoConnect: false });
    void shared.publish("lobby", 1);
    const message: ClientMessage = { type: "leave", ref: 1, room: "lobby" };
    void createServer({ port: 0 }).listen().then(({ urls }) => urls[0]?.length, () => message);
    // @ts-expect-error a port is a number
    createServer({ port: "eighty" });
  `;
  await project.write("types.mts", text);
  assert.deepEqual(await typeCheck(project, "types.mts"), { code: 0, output: "" });
});

test("the README's server, client and echo run as they stand", async () => {
  const blocks = new Map(
    [...(await readFile(join(root, "README.md"), "utf8")).matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)].map((block) => [
      block[1],
      block[2],
    ]),
  );
  assert.deepEqual([...blocks.keys()], ["server.mjs", "client.mjs", "echo.mjs"]);
  const port = String(await freePort());
  for (const [name, text] of blocks) await project.write(name ?? "", (text ?? "").replaceAll(/8000|8080/g, port));

  const server = await project.serve(/The hub listens on http:\/\//, "server.mjs");
  const client = await project.serve(/count: \d+[\s\S]*Ada \{ text: 'hello' \}|Ada \{ text: 'hello' \}[\s\S]*count: \d+/, "client.mjs");
  await client.stop();
  assert.equal(await server.interrupt(), 0, "Ctrl-C ends the server");
  const echo = await project.serve(/listens/, "--import", "data:text/javascript,setTimeout(()=>console.log('listens'),300)", "echo.mjs");
  const { WebSocket } = await import("@openline/ws");
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const answer = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
  socket.once("open", () => socket.send("echo?"));
  assert.equal(await answer, "echo?");
  socket.terminate();
  await echo.stop();
});

test("the command `openline` is there", async () => {
  const { code, output } = await project.node(join("node_modules", ".bin", "openline"), "--version");
  assert.equal(code, 0);
  assert.match(output, /^\d+\.\d+\.\d+\n$/);
});

test("openline installs without a script and without a native build: --help, serve and run work from what npm i --ignore-scripts leaves", async () => {
  const command = join("node_modules", ".bin", "openline");
  const help = await project.node(command, "--help");
  assert.equal(help.code, 0, help.output);
  assert.match(help.output, /^Usage: openline[\s\S]*Examples:/);

  const port = String(await freePort());
  const server = await project.serve(/is listening|"listening"/, command, "serve", "--port", port);
  const published = await fetch(`http://127.0.0.1:${port}/api/rooms/lobby/messages`, { method: "POST", body: "Hello 你好" });
  assert.equal(published.status, 201, await published.text());
  await server.stop();

  await project.write("count.mjs", "for (let i = 1; i <= 3; i++) console.log(i);\n");
  const other = String(await freePort());
  const program = await project.serve(/listen/i, command, "run", `--port=${other}`, process.execPath, "count.mjs");
  const lines = await project.node(command, "connect", "--listen", `ws://127.0.0.1:${other}/`);
  assert.match(lines.output, /1[\s\S]*2[\s\S]*3/);
  await program.stop();
});

test("nothing that comes with openline has an install script: nothing is built or run on the user's machine", async () => {
  const lock: { packages: Record<string, { hasInstallScript?: boolean }> } = JSON.parse(
    await readFile(join(project.folder, "package-lock.json"), "utf8"),
  );
  const installed = Object.entries(lock.packages);
  assert.ok(installed.some(([path]) => path === "node_modules/openline") && installed.length > names.length);
  assert.deepEqual(
    installed.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path),
    [],
  );
});
