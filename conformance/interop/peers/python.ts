import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, findLibrary } from "@openline/testkit";
import type { Peer } from "../script.ts";
import { type PeerProgram, startProcessClient, startProcessServer } from "./process-peer.ts";

const library = findLibrary("python3-websockets", "usr/lib/python3/dist-packages/websockets");
// Debian's own, since the library is built for that one; where the machine had none it was unpacked with the library.
const interpreter = findLibrary("python3-websockets", "usr/bin/python3");
const missing = library.path === undefined ? library.reason : interpreter.path === undefined ? interpreter.reason : undefined;
const unpackedHome = interpreter.path?.startsWith(cacheFolder()) ? { PYTHONHOME: dirname(dirname(interpreter.path)) } : {};

const program: PeerProgram = {
  path: interpreter.path ?? "",
  args: [join(dirname(fileURLToPath(import.meta.url)), "peer.py")],
  env: { ...(interpreter.path === undefined ? {} : interpreter.env), ...unpackedHome, PYTHONPATH: dirname(library.path ?? "") },
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
