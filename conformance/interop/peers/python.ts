import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findLibrary } from "@openline/testkit";
import type { Peer } from "../script.ts";
import { type PeerProgram, startProcessClient, startProcessServer } from "./process-peer.ts";

const library = findLibrary("python3-websockets", "usr/lib/python3/dist-packages/websockets");
const interpreter = "/usr/bin/python3"; // Debian's own: the library is built for that one
const missing = library.path === undefined ? library.reason : existsSync(interpreter) ? undefined : `${interpreter} is not installed`;

const program: PeerProgram = {
  path: interpreter,
  args: [join(dirname(fileURLToPath(import.meta.url)), "peer.py")],
  env: { PYTHONPATH: dirname(library.path ?? "") },
};
const lacks = {
  "cut-characters": "it sends text fragments from strings, which end at whole characters",
  "empty-close": "close() without a code sends 1000",
};

/** Debian's `websockets` for Python. */
export const python: Peer = {
  name: "Python websockets",
  missing,
  client: { lacks, start: () => startProcessClient(program) },
  server: { lacks, start: () => startProcessServer(program) },
};
