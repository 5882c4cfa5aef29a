import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram, freePort } from "@openline/testkit";
import { type ClientOptions, WebSocket } from "@openline/ws";
import { binary } from "../run-process.ts";

// The same calls and the same clients for websocketd 0.4.1, from Debian, and for `openline run`: what they see is the same, but for what docs/run.md lists.
const websocketd = findProgram("websocketd");
const openssl = findProgram("openssl");
const skip: string | false = websocketd.path === undefined && process.env["CI"] !== "true" ? websocketd.reason : false;
const contestants: readonly (readonly string[])[] = [[websocketd.path ?? "websocketd"], [process.execPath, binary, "run"]];
const folder = mkdtempSync(join(tmpdir(), "openline-websocketd-"));
after(() => rmSync(folder, { recursive: true }));

function script(name: string, lines: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A running contestant, as a case asks it. */
interface Asked {
  readonly port: number;
  readonly index: number;
  readonly log: () => string;
  /** The messages of a connection until it ends, or until there are so many; binary ones as hex. */
  readonly messages: (path?: string, send?: readonly (string | Uint8Array)[], count?: number, options?: ClientOptions) => Promise<string[]>;
  /** The status that a handshake is answered with; 101 for one that is let in. */
  readonly status: (path?: string, options?: ClientOptions) => Promise<number>;
  /** Status, chosen header fields and body of a plain request. */
  readonly get: (path: string, method?: string) => Promise<{ status: number; fields: Record<string, unknown>; body: string }>;
}

async function start(
  t: TestContext,
  index: number,
  flags: readonly string[],
  command: readonly string[],
  isSecure = false,
): Promise<Asked> {
  const port = await freePort();
  const [file = "", ...before] = contestants[index] ?? [];
  const child = spawn(file, [...before, `--port=${port}`, "--address=127.0.0.1", ...flags, ...command], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGTERM"));
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${file} ended: ${log}`);
    await delay(20);
  }
  const url = `${isSecure ? "wss" : "ws"}://127.0.0.1:${port}`;
  const open = (path: string, options: ClientOptions): WebSocket => {
    const socket = new WebSocket(url + path, { perMessageDeflate: false, rejectUnauthorized: false, ...options });
    t.after(() => socket.terminate());
    return socket.on("error", () => {});
  };
  return {
    port,
    index,
    log: () => log,
    messages: async (path = "/", send = [], count = Number.POSITIVE_INFINITY, options = {}) => {
      const socket = open(path, options);
      const got: string[] = [];
      const closed = once(socket, "close");
      socket.on("message", (data, isBinary) => {
        got.push(isBinary ? (data as Buffer).toString("hex") : String(data));
        if (got.length === count) socket.close();
      });
      await once(socket, "open");
      for (const content of send) socket.send(content);
      await closed;
      return got;
    },
    status: async (path = "/", options = {}) => {
      const socket = open(path, options);
      const opened = once(socket, "open").then(() => 101);
      const refused = once(socket, "unexpected-response").then(([, response]: { statusCode: number }[]) => response?.statusCode ?? 0);
      return Promise.race([opened, refused]);
    },
    get: async (path, method = "GET") => {
      const request = httpRequest({ port, host: "127.0.0.1", path, method }).end();
      const [response] = (await once(request, "response")) as [
        AsyncIterable<Buffer> & { statusCode: number; headers: Record<string, unknown> },
      ];
      let body = "";
      for await (const chunk of response) body += chunk.toString();
      return { status: response.statusCode, fields: response.headers, body };
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

interface Case {
  readonly what: string;
  readonly flags?: readonly string[];
  readonly command?: readonly string[];
  readonly isSecure?: boolean;
  /** What is the same with both. */
  readonly see: (asked: Asked) => Promise<unknown>;
}

const sh = (lines: string): readonly string[] => ["/bin/sh", "-c", lines];
const unset = new Set([
  "UNIQUE_ID",
  "SERVER_SOFTWARE",
  "GATEWAY_INTERFACE",
  "HTTP_HOST",
  "HTTP_SEC_WEBSOCKET_KEY",
  "REMOTE_PORT",
  "SERVER_PORT",
  "PWD",
  "_",
  "OLDPWD",
  "SHLVL",
]);

const withDir = ["--dir", join(folder, "programs")];
const files = ["--staticdir", join(folder, "public")];
const origins = [
  undefined,
  "null",
  "http://127.0.0.1",
  "https://a.example",
  "http://a.example",
  "http://a.example:81",
  "http://b.example:80",
  "http://b.example",
  "http://x.a.example",
];

async function statusesOf(asked: Asked): Promise<unknown> {
  const own = `http://127.0.0.1:${asked.port}`;
  return Promise.all(
    [...origins, own].map(async (origin) => [
      origin === own ? "own" : origin,
      await asked.status("/", origin === undefined ? {} : { origin }),
    ]),
  );
}

const cases: readonly Case[] = [
  { what: "lines are messages", command: sh("printf 'one\\n two \\r\\n\\nlast\\n'"), see: (asked) => asked.messages() },
  {
    what: "messages are lines, those with newlines several",
    command: sh('for i in 1 2 3 4; do read line; echo "<$line>"; done'),
    see: (asked) => asked.messages("/", ["a b", "c\nd", ""]),
  },
  {
    what: "-binary=true passes bytes",
    flags: ["-binary=true"],
    command: ["cat"],
    see: (asked) => asked.messages("/", [Buffer.from([0, 10, 255])], 1),
  },
  {
    what: "the environment",
    flags: ["-passenv", "PATH,HOME"],
    command: ["env"],
    see: async (asked) => {
      const lines = await asked.messages("/a%20b/c?x=%201", [], undefined, {
        headers: { "X-Two": ["1", "2"], Cookie: "a=b" },
        origin: "http://localhost",
      });
      return lines.filter((line) => !unset.has(line.split("=", 1)[0] ?? "")).toSorted();
    },
  },
  {
    what: "--reverselookup: a name in place of the address",
    flags: ["--reverselookup"],
    command: sh("echo $REMOTE_HOST"),
    see: async (asked) => (await asked.messages()).map((name) => name !== "" && name !== "127.0.0.1"),
  },
  {
    what: "--dir: scripts, the rest of the path, and what is not there",
    flags: withDir,
    see: async (asked) => [
      await asked.messages("/deep/tool.sh/rest/of?q"),
      await Promise.all(["/", "/deep", "/none", "/deep/none", "/deep/tool.sh"].map((path) => asked.status(path))),
    ],
  },
  { what: "--origin", flags: ["--origin=a.example,http://b.example:80"], command: ["cat"], see: statusesOf },
  { what: "--sameorigin", flags: ["--sameorigin"], command: ["cat"], see: statusesOf },
  {
    what: "--maxforks",
    flags: ["--maxforks=1"],
    command: ["cat"],
    see: async (asked) => [await asked.status(), await asked.status()],
  },
  {
    what: "--header-ws and --header-http",
    flags: ["--header-ws=X-A: 1", "--header-http", "X-B: 2", "-devconsole"],
    command: ["cat"],
    see: async (asked) => {
      const socket = new WebSocket(`ws://127.0.0.1:${asked.port}/`);
      const [response] = (await once(socket, "upgrade")) as [{ headers: Record<string, unknown> }];
      socket.on("error", () => {}).terminate();
      const { status, fields } = await asked.get("/any/path");
      return [
        response.headers["x-a"],
        response.headers["x-b"],
        status,
        fields["x-a"],
        fields["x-b"],
        String(fields["content-type"]).split(";")[0],
      ];
    },
  },
  {
    what: "--staticdir: pages, moves, ranges, 404",
    flags: files,
    command: ["cat"],
    see: async (asked) => {
      const seen = await Promise.all(["/", "/index.html", "/sub", "/sub/", "/sub/page.txt", "/none"].map((path) => asked.get(path)));
      return seen.map(({ status, fields, body }) => [status, status === 200 ? body : "", typeof fields["last-modified"]]);
    },
  },
  {
    what: "--cgidir: programs over HTTP",
    flags: ["--cgidir", join(folder, "cgi")],
    command: ["cat"],
    see: async (asked) => {
      const { status, fields, body } = await asked.get("/tool.cgi?a=b", "POST");
      return [status, fields["x-own"], body, (await asked.get("/none")).status];
    },
  },
  {
    what: "the order in which a program is told to end",
    flags: ["--closems=500"],
    command: [
      script(
        "ending.sh",
        `trap 'echo INT >> "$FILE"' INT; trap 'echo TERM >> "$FILE"' TERM; FILE="${folder}/ended$QUERY_STRING"; echo ready; cat > /dev/null; echo EOF >> "$FILE"; while :; do sleep 0.02; done`,
      ),
    ],
    see: async (asked) => {
      await asked.messages(`/?${asked.index}`, [], 1);
      const file = join(folder, `ended${asked.index}`);
      const read = (): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
      for (let waited = 0; waited < 30_000 && !read().includes("TERM"); waited += 50) await delay(50);
      return read();
    },
  },
  {
    what: "the log's lines",
    command: ["cat"],
    see: async (asked) => {
      await asked.messages("/x", ["hi"], 1, { origin: "http://localhost" });
      while (!asked.log().includes("DISCONNECT")) await delay(20);
      const lines = asked
        .log()
        .replaceAll(`:${asked.port}/`, ":PORT/")
        .split("\n")
        .filter((line) => line.endsWith("CONNECT"));
      const parts = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4} \| (\w+) +\| (\w+) +\| .*url:'([^']*)'.* \| (\w+)$/;
      return lines.map((line) => parts.exec(line)?.slice(1));
    },
  },
  {
    what: "TLS",
    flags: ["--ssl", `--sslcert=${folder}/cert.pem`, `--sslkey=${folder}/key.pem`],
    command: sh("echo $HTTPS $SERVER_PROTOCOL"),
    isSecure: true,
    see: (asked) => asked.messages(),
  },
  {
    what: "plain HTTP where nothing is configured",
    command: ["cat"],
    see: async (asked) => {
      const { status, body } = await asked.get("/");
      return [status, body];
    },
  },
];

test("websocketd and openline run, with the same flags, show the same", { skip, timeout: 120_000 }, async (t) => {
  script("programs/deep/tool.sh", 'echo "$SCRIPT_NAME|$PATH_INFO|$PATH_TRANSLATED|$QUERY_STRING"');
  script(
    "cgi/tool.cgi",
    'printf "Status: 201 Created\\r\\nContent-Type: text/plain\\r\\nX-Own: 1\\r\\n\\r\\n$REQUEST_METHOD $QUERY_STRING $(basename $(pwd))"',
  );
  for (const [path, text] of [
    ["index.html", "<p>root"],
    ["sub/index.html", "<p>sub"],
    ["sub/page.txt", "page"],
  ] as const) {
    mkdirSync(join(folder, "public/sub"), { recursive: true });
    writeFileSync(join(folder, "public", path), text);
  }
  if (openssl.path !== undefined) {
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
    execFileSync(openssl.path, ["req", ...kind, "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")], { stdio: "ignore" });
  }
  for (const { what, flags = [], command = [], isSecure, see } of cases) {
    if (isSecure === true && openssl.path === undefined) continue;
    await t.test(what, async (t) => {
      const [theirs, ours] = await Promise.all(contestants.map(async (_, index) => see(await start(t, index, flags, command, isSecure))));
      assert.deepEqual(ours, theirs);
      assert.ok(theirs !== undefined);
    });
  }
});

test("--redirport answers 301 to the same place", { skip, timeout: 60_000 }, async (t) => {
  const seen = await Promise.all(
    contestants.map(async (_, index) => {
      const redirport = await freePort();
      const { port } = await start(t, index, [`--redirport=${redirport}`], ["cat"]);
      const request = httpRequest({ port: redirport, host: "127.0.0.1", path: "/a?b" }).end();
      const [response] = (await once(request, "response")) as [{ statusCode: number; headers: { location: string }; resume(): void }];
      response.resume();
      return [response.statusCode, response.headers.location.replace(String(port), "PORT")];
    }),
  );
  assert.deepEqual(seen[1], seen[0]);
});

const calls: readonly (readonly string[])[] = [
  [],
  ["no-such-program"],
  ["--dir=/nowhere"],
  ["--dir=/tmp", "cat"],
  ["--ssl", "cat"],
  ["--loglevel=loud", "cat"],
  ["--devconsole", "--staticdir=/tmp", "cat"],
  ["--no-such-flag", "cat"],
  ["--port=http", "cat"],
  ["--binary=maybe", "cat"],
  ["--version"],
  ["--help"],
  ["--address=192.0.2.1", "--port=1", "cat"],
];
test("wrong calls end with the same exit codes", { skip, timeout: 60_000 }, async () => {
  for (const args of calls) {
    const [theirs, ours] = contestants.map(([file = "", ...before]) => spawnSync(file, [...before, ...args], { timeout: 10_000 }).status);
    assert.equal(ours, theirs, args.join(" "));
  }
});
