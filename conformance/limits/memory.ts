// How much memory the process holds outside the JavaScript heap and in it, garbage not counted.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

export const MIB = 1024 * 1024;

export function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** What buffers hold at this moment, garbage included: cheap enough to look often. */
export function bufferBytes(): number {
  return process.memoryUsage().arrayBuffers;
}
