import { sharedReadBuffer } from "./shared-read-buffer.ts";
import type { TcpHandle } from "./tcp-handle.ts";

/** On a handle that `net` reads although it has the shared buffer: what it had read when it was looked at last, and how `net` reads. */
const key: unique symbol = Symbol("openline.net");

interface NetReading {
  total: number;
  readonly onread: TcpHandle["onread"];
}

type ReadHandle = TcpHandle & { [key]?: NetReading };

/**
 * Lets `net` read a handle that has the shared buffer, which cannot be taken back: `net` gets a copy of what was read. To be called when its socket has been made
 * of the handle; whoever puts another function at `onread` ends it. (`node:http` mostly reads the handle by its parser, in memory of its own.)
 */
export function readForNet(handle: ReadHandle, onread: TcpHandle["onread"]): void {
  // Somebody has put his own there meanwhile.
  if (handle.onread !== onread) return;
  handle[key] = { total: handle.bytesRead, onread };
  handle.onread = onCopiedRead;
}

/** Whether `net` reads the handle, in its own way or with copies. */
export function isReadByNet(handle: TcpHandle, onread: TcpHandle["onread"]): boolean {
  return handle.onread === onread || handle.onread === onCopiedRead;
}

function onCopiedRead(this: ReadHandle, data: unknown): unknown {
  const reading = this[key];
  if (reading === undefined) return undefined;
  const bytes = this.bytesRead - reading.total;
  reading.total = this.bytesRead;
  // `net` knows by itself how many were read now, and takes so many from the front; what a parser has read in between is counted here, too.
  const copy = data === undefined && bytes > 0 ? sharedReadBuffer().bytes.slice(0, bytes).buffer : data;
  return Reflect.apply(reading.onread, this, [copy]);
}
