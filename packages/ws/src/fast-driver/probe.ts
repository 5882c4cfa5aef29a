import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { canMakeRequests } from "./bare-request.ts";
import { readForNet } from "./net-reading.ts";
import { sharedReadBuffer } from "./shared-read-buffer.ts";
import { type HandleSupport, type TcpHandle, tcpHandleOf, type WriteRequest } from "./tcp-handle.ts";

/** What the {@link probe} came to. */
export type ProbeResult = { readonly support: HandleSupport } | { readonly support: undefined; readonly reason: string };

const TIMEOUT_MS = 5000;
const BLOCK_BYTES = 65_536;
/** As much is written at once, until the kernel takes it no longer. */
const BLOCKS = 64;
const MOST_ROUNDS = 16;

/**
 * Finds out on a connection of its own, over the loopback interface, whether the running Node's TCP handles do what the fast driver asks of them: read
 * into one shared buffer, count the bytes, write, queue what the kernel does not take and say when it has, pass the end on. Takes a few
 * milliseconds; its sockets keep no process alive. Never rejects: where anything is different, the answer says what.
 */
export async function probe(): Promise<ProbeResult> {
  const server = createServer({ allowHalfOpen: true });
  const sockets: Socket[] = [];
  try {
    return { support: await withinTime(examine(server, sockets)) };
  } catch (error) {
    return { support: undefined, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function examine(server: Server, sockets: Socket[]): Promise<HandleSupport> {
  const [near, far] = await pair(server, sockets);
  const handle = tcpHandleOf(near);
  const farHandle = tcpHandleOf(far);
  check(handle !== undefined && farHandle !== undefined, "a socket has no handle");
  checkShape(handle);
  const { onread } = handle;
  check(typeof onread === "function" && onread === farHandle.onread, "onread is not one function for all handles");
  const [request] = catchArguments(farHandle, "writeLatin1String", () => far.write("probe", "latin1"));
  // The bytes of the write that was looked at are the first to be read.
  const reader = new Reader(handle, onread);
  await reader.until((bytes) => bytes === 5);
  check(text(5) === "probe", "what was read is not in the shared buffer");
  const support = {
    WriteRequest: request === null ? await queuedRequestClass(farHandle, reader) : requestClass([request]),
    ShutdownRequest: undefined,
    Handle: handle.constructor,
    onread,
    bufferKey: bufferKeyOf(near),
  };
  await checkWriting(handle, support, farHandle);
  const end = once(near.resume(), "end");
  const shutdown = await catchShutdown(far, farHandle);
  await end;
  return { ...support, ShutdownRequest: (await canBeBare(server, support, sockets)) ? shutdown : undefined };
}

async function pair(server: Server, sockets: Socket[]): Promise<[near: Socket, far: Socket]> {
  // Exclusive: in a worker of `cluster` the primary is not asked, nor told that something listens.
  server.unref().listen({ port: 0, host: "127.0.0.1", exclusive: true });
  await once(server, "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a TCP port
  const { port } = server.address() as AddressInfo;
  const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).unref();
  sockets.push(far);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the event's arguments
  const [[near]] = (await Promise.all([once(server, "connection"), once(far, "connect")])) as unknown as [[Socket], unknown];
  sockets.push(near.unref());
  for (const socket of sockets) socket.on("error", () => undefined);
  check(near.remotePort === far.localPort, "another program connected to the probe's port");
  return [near, far];
}

function checkShape(handle: TcpHandle): void {
  for (const name of ["useUserBuffer", "readStart", "readStop", "writeBuffer", "writev"] as const)
    check(typeof handle[name] === "function", `the handle has no ${name}()`);
  for (const name of ["bytesRead", "writeQueueSize"] as const) check(typeof handle[name] === "number", `the handle has no ${name}`);
  check(typeof handle.reading === "boolean", "the handle does not say whether it is read");
}

/** The arguments of a call that `net` makes: an own method stands in for the handle's during `act`, and hands them on. */
function catchArguments(handle: TcpHandle, name: string, act: () => unknown): unknown[] {
  const original: unknown = Reflect.get(handle, name);
  check(typeof original === "function", `the handle has no ${name}()`);
  let caught: unknown[] = [];
  Reflect.set(handle, name, (...args: unknown[]): unknown => {
    caught = args;
    return Reflect.apply(original, handle, args);
  });
  try {
    act();
  } finally {
    Reflect.deleteProperty(handle, name);
  }
  return caught;
}

function requestClass([request]: unknown[]): new () => WriteRequest {
  check(typeof request === "object" && request !== null, "an ordinary write used no request");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `net` made its request with
  return request.constructor as new () => WriteRequest;
}

/** Node 26 makes a request only for a write that the kernel does not take at once, and answers with it. */
async function queuedRequestClass(handle: TcpHandle, reader: Reader): Promise<new () => WriteRequest> {
  const before = reader.bytes;
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const answer: unknown = handle.writev(null, sharedBlocks, true);
    check(answer === 0 || typeof answer === "object", "writev() without a request failed");
    if (answer === 0) continue;
    await reader.until((bytes) => bytes === before + round * BLOCKS * BLOCK_BYTES);
    return requestClass([answer]);
  }
  throw new Error("the kernel never stopped taking bytes, or a queued write has no request");
}

/** The class of the requests that send FIN, which `net` makes in a later tick. */
async function catchShutdown(socket: Socket, handle: TcpHandle): Promise<new () => WriteRequest> {
  let caught: unknown[] = [];
  const original: unknown = Reflect.get(handle, "shutdown");
  check(typeof original === "function", "the handle has no shutdown()");
  Reflect.set(handle, "shutdown", (...args: unknown[]): unknown => {
    caught = args;
    return Reflect.apply(original, handle, args);
  });
  await once(socket.end(), "finish");
  Reflect.deleteProperty(handle, "shutdown");
  return requestClass(caught);
}

/** Whether a connection can be read and written without a `net.Socket`, and be given one later. */
async function canBeBare(server: Server, support: HandleSupport, sockets: Socket[]): Promise<boolean> {
  const listener: unknown = Reflect.get(server, "_handle");
  if (typeof listener !== "object" || listener === null || typeof Reflect.get(listener, "onconnection") !== "function") return false;
  if (typeof Reflect.get(server, "_connections") !== "number" || typeof Reflect.get(server, "_emitCloseIfDrained") !== "function")
    return false;
  if (!canMakeRequests()) return false;
  const [handle, far] = await bareHandle(server, listener, sockets);
  const reader = new Reader(handle, support.onread);
  far.write("bare");
  await reader.until((bytes) => bytes === 4);
  const { onread } = handle;
  const options = { handle, allowHalfOpen: true, manualStart: true };
  const socket = new Socket(options);
  sockets.push(socket);
  if (handle.onread !== support.onread) return false;
  // As when it is given to `net`, then as when a driver has taken it back.
  readForNet(handle, support.onread);
  far.write("copy");
  const [copy]: unknown[] = await once(socket, "data");
  if (String(copy) !== "copy") return false;
  handle.onread = onread;
  far.write("later");
  await reader.until((bytes) => bytes === 4 + 4 + 5);
  far.end();
  await once(socket.unref().resume(), "end");
  return true;
}

async function bareHandle(server: Server, listener: object, sockets: Socket[]): Promise<[TcpHandle, Socket]> {
  const original: unknown = Reflect.get(listener, "onconnection");
  const accepted = new Promise<TcpHandle>((resolve) => {
    Reflect.set(listener, "onconnection", (_status: number, handle: TcpHandle) => resolve(handle));
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a TCP port
  const { port } = server.address() as AddressInfo;
  const far = connect({ port, host: "127.0.0.1" }).unref();
  far.on("error", () => undefined);
  sockets.push(far);
  const handle = await accepted;
  Reflect.set(listener, "onconnection", original);
  return [handle, far];
}

/** Reads of a handle into the shared buffer. */
class Reader {
  bytes = 0;
  #at: number;
  #isEnough: (bytes: number) => boolean = () => false;
  #resolve: () => void = () => undefined;

  /** `ordinary` is how `net` reads. */
  constructor(handle: TcpHandle, ordinary: TcpHandle["onread"]) {
    this.#at = handle.bytesRead;
    check(handle.useUserBuffer(sharedReadBuffer().bytes) === 0, "useUserBuffer() failed");
    const read = (data: unknown): unknown => {
      const bytes = handle.bytesRead - this.#at;
      if (bytes <= 0 || data !== undefined) return Reflect.apply(ordinary, handle, [data]);
      this.#at += bytes;
      this.bytes += bytes;
      if (this.#isEnough(this.bytes)) this.#resolve();
      return undefined;
    };
    handle.onread = read;
    check(handle.onread === read, "onread cannot be replaced");
    if (!handle.reading) handle.readStart();
    handle.reading = true;
  }

  async until(isEnough: (bytes: number) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      this.#isEnough = isEnough;
      if (isEnough(this.bytes)) resolve();
    });
  }
}

/** Writes until the kernel takes no more, then lets the other side read, into the same shared buffer. */
async function checkWriting(handle: TcpHandle, support: HandleSupport, farHandle: TcpHandle): Promise<void> {
  let bytes = 0;
  let last = requestOf(support);
  for (let round = 0; handle.writeQueueSize === 0; round++) {
    check(round < MOST_ROUNDS, "the kernel never stopped taking bytes, or writeQueueSize does not count");
    // One per write: the kernel may refuse at first and take all right after. That request is still under way, and Node aborts if it is used again.
    last = requestOf(support);
    check(handle.writev(last.request, sharedBlocks, true) === 0, "writev() failed");
    bytes += BLOCKS * BLOCK_BYTES;
  }
  check(last.request.getAsyncId() >= 0, "a request does not tell that it is under way");
  const reader = new Reader(farHandle, support.onread);
  const [status] = await Promise.all([last.promise, reader.until((read) => read === bytes)]);
  check(status === 0 && handle.writeQueueSize === 0, "a queued write was not completed");
  const { request } = requestOf(support);
  check(handle.writeBuffer(request, sharedBlock) === 0, "writeBuffer() failed");
  check(request.getAsyncId() < 0, "a request does not tell that it was not needed");
  await reader.until((read) => read === bytes + BLOCK_BYTES);
}

const sharedBlock = new Uint8Array(BLOCK_BYTES);
const sharedBlocks: readonly Uint8Array[] = Array.from({ length: BLOCKS }, () => sharedBlock);

function requestOf({ WriteRequest }: HandleSupport): { request: WriteRequest; promise: Promise<number> } {
  const request = new WriteRequest();
  const promise = new Promise<number>((resolve) => {
    request.oncomplete = resolve;
  });
  return { request, promise };
}

function bufferKeyOf(socket: Socket): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description === "kBuffer");
}

function text(bytes: number): string {
  return sharedReadBuffer().asBuffer.toString("latin1", 0, bytes);
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the probe took longer than ${TIMEOUT_MS} ms`)), TIMEOUT_MS).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // When it was late its own end is nobody's business any more.
    work.catch(() => undefined);
  }
}

function check(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(reason);
}
