// What the protocol needs of its surroundings, as Node has it: nothing here knows of WebSocket.
import { isUtf8 } from "node:buffer";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { unmaskMemory } from "@openline/protocol";

export const platform = {
  sha1Base64: (text) => createHash("sha1").update(text, "latin1").digest("base64"),
  randomMask: () => randomInt(2 ** 32),
  randomKey: () => randomBytes(16).toString("base64"),
  isUtf8,
  decodeUtf8: (bytes) => Buffer.from(bytes).toString("utf8"),
  decodeLatin1: (bytes) => Buffer.from(bytes).toString("latin1"),
  utf8Length: (text) => Buffer.byteLength(text),
  encodeInto: (text, into, at) => Buffer.from(into.buffer, into.byteOffset, into.length).write(text, at),
  unmask: unmaskMemory,
  view: (memory, at, length) => Buffer.from(memory, at, length),
  alloc: (size) => Buffer.alloc(size),
};
