import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Driver } from "../driver.ts";
import { StreamDriver } from "../stream-driver.ts";
import { BareSocket } from "./bare-socket.ts";
import { type DriverChoice, driverChoice } from "./driver-choice.ts";
import { HandleDriver } from "./handle-driver.ts";
import { isReadByNet } from "./net-reading.ts";
import { type ProbeResult, probe } from "./probe.ts";
import { type BareSupport, type HandleSupport, type SocketInside, type TcpHandle, tcpHandleOf } from "./tcp-handle.ts";

let probing: Promise<ProbeResult> | undefined;
let support: HandleSupport | undefined;
let hasWarned = false;

/** What {@link driverSupport} answers. */
export interface DriverSupport {
  /** Whether the running Node has what the fast driver needs. */
  readonly fast: boolean;
  /** Why not. */
  readonly reason: string | undefined;
}

/** Whether connections can have the fast driver in this process. Looks for it at the first call, as the first server or client does. */
export async function driverSupport(): Promise<DriverSupport> {
  // The probe's sockets keep no process alive; whoever waits for the answer wants it.
  const hold = setInterval(() => undefined, 1000);
  const result = await startProbe().finally(() => clearInterval(hold));
  return result.support === undefined ? { fast: false, reason: result.reason } : { fast: true, reason: undefined };
}

/** Starts to find out what the running Node offers, so that it is known when the first connection is there. @throws as {@link driverChoice} */
export function prepareDriver(option: DriverChoice | undefined): void {
  const choice = driverChoice(option);
  if (choice === "portable") return;
  void warnWithout(choice);
}

async function warnWithout(choice: DriverChoice): Promise<void> {
  const result = await startProbe();
  if (choice === "fast" && result.support === undefined) warn(result.reason);
}

/** What the acceptor needs of the running Node; undefined as long as that is not known, and where connections are to be portable. */
export function bareSupport(option: DriverChoice | undefined): BareSupport | undefined {
  return support !== undefined && hasShutdown(support) && driverChoice(option) !== "portable" ? support : undefined;
}

function hasShutdown(found: HandleSupport): found is BareSupport {
  return found.ShutdownRequest !== undefined;
}

/** The driver for a transport: the fast one for a plain TCP socket that nobody else reads, if it is wanted and can be had; else the portable one. */
export function driverFor(stream: Duplex, option: DriverChoice | undefined): Driver {
  const given: unknown = stream;
  // It is only there where the fast driver is wanted and can be had.
  if (given instanceof BareSocket) return given;
  if (driverChoice(option) === "portable") return new StreamDriver(stream);
  if (support === undefined) {
    void startProbe();
    return new StreamDriver(stream);
  }
  const handle = tcpHandleOf(stream);
  return handle !== undefined && isFree(stream, handle, support) ? new HandleDriver(stream, handle, support) : new StreamDriver(stream);
}

function isFree(stream: Duplex, handle: TcpHandle, { Handle, onread, bufferKey }: HandleSupport): stream is SocketInside {
  if (handle.constructor !== Handle || !isReadByNet(handle, onread) || !(stream instanceof Socket)) return false;
  if (stream.connecting || stream.destroyed || stream.readableEncoding !== null) return false;
  if (stream.listenerCount("data") > 0 || stream.listenerCount("readable") > 0) return false;
  // Made with the option `onread`: it reads into a buffer of its own already.
  return bufferKey === undefined || !Reflect.get(stream, bufferKey);
}

async function startProbe(): Promise<ProbeResult> {
  probing ??= probe().then((result) => {
    support = result.support;
    return result;
  });
  return probing;
}

function warn(reason: string): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(`The fast driver cannot be used, connections get the portable one: ${reason}`, { code: "OPENLINE_NO_FAST_DRIVER" });
}
