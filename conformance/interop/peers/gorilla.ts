import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, findLibrary, findProgram } from "@openline/testkit";
import type { Peer } from "../script.ts";
import { type PeerProgram, startProcessClient, startProcessServer } from "./process-peer.ts";

const go = findProgram("go");
const library = findLibrary("gorilla-websocket", "usr/share/gocode/src/github.com/gorilla/websocket");
const source = join(dirname(fileURLToPath(import.meta.url)), "peer.go");

const lacks = { "code-1014": "it takes codes up to 1013" };

/** Go's `gorilla/websocket`, from Debian's packages, in a program that is compiled once. */
export const gorilla: Peer = {
  name: "Go gorilla/websocket",
  missing: go.path === undefined ? go.reason : library.path === undefined ? library.reason : undefined,
  client: {
    lacks: { ...lacks, "cut-characters": "its buffer decides where fragments end" },
    start: async () => startProcessClient(await program()),
  },
  server: { lacks, start: async () => startProcessServer(await program()) },
};

/** Compiles `peer.go` into the cache, by the digest of its text: a changed text is compiled again. */
async function program(): Promise<PeerProgram> {
  if (go.path === undefined || library.path === undefined) throw new Error(gorilla.missing);
  const digest = createHash("sha256")
    .update(await readFile(source))
    .digest("hex")
    .slice(0, 16);
  const path = join(cacheFolder(), `gorilla-peer-${digest}`);
  if (existsSync(path)) return { path };
  const partial = `${path}.${process.pid}`;
  await compile(go.path, partial, { ...go.env, GOPATH: library.path.slice(0, library.path.indexOf("/src/github.com/")) });
  await rename(partial, path);
  return { path };
}

function compile(goPath: string, target: string, env: Record<string, string>): Promise<void> {
  // Debian's `go` looks for its library where it would be installed; unpacked, it lies beside the program.
  const unpacked = resolve(goPath, "../../lib/go-1.19");
  const root = existsSync(unpacked) ? { GOROOT: unpacked } : {};
  const settings = { GO111MODULE: "off", CGO_ENABLED: "0", GOFLAGS: "", GOCACHE: join(cacheFolder(), "go-build"), ...root, ...env };
  return new Promise((done, fail) => {
    const child = spawn(goPath, ["build", "-o", target, source], { env: { ...process.env, ...settings } });
    let output = "";
    child.stderr.on("data", (chunk: Buffer) => {
      output += String(chunk);
    });
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? done() : fail(new Error(`go build exited with ${code}: ${output}`))));
  });
}
