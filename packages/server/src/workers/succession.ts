import { spawn } from "node:child_process";

/** The variable by which a primary knows that it takes another one's place. */
const successionVariable = "OPENLINE_SUCCESSION";

/** Where the predecessor listens, and which descriptors of the successor are its sockets; none where the workers share the port themselves. */
export interface Place {
  readonly port: number;
  readonly descriptors: readonly number[];
}

/** What a primary gets from the one whose place it takes. */
export interface Inheritance extends Place {
  /** Tells the predecessor that it may end. */
  readonly ready: () => void;
  /** Resolves when the predecessor is gone, and its store is free. */
  readonly released: Promise<void>;
}

/** The process that is to take a primary's place. */
export interface Successor {
  readonly pid: number | undefined;
  /** Resolves when it can go on; rejects when it cannot. */
  readonly ready: Promise<void>;
  /** Tells it that the store is free, and lets it be. */
  readonly release: () => void;
}

/** The first descriptors are standard input, output and error, and the line between the two. */
const firstDescriptor = 4;

/** Starts this same command again, with the sockets of `place`. */
export function startSuccessor({ port, descriptors }: Place): Successor {
  const place: Place = { port, descriptors: descriptors.map((_, index) => firstDescriptor + index) };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ["ignore", "inherit", "inherit", "ipc", ...descriptors],
    env: { ...process.env, [successionVariable]: JSON.stringify(place) },
    detached: true,
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`the new process ended with ${signal ?? code}; its log says why`)));
  });
  const release = (): void => {
    if (child.connected) child.send("released", () => child.disconnect());
    child.unref();
  };
  return { pid: child.pid, ready, release };
}

/** What this process takes over, if it is a successor. The environment was written by {@link startSuccessor}. */
export function inheritanceOf(environment: Readonly<Record<string, string | undefined>>): Inheritance | undefined {
  const text = environment[successionVariable];
  if (text === undefined || process.send === undefined) return undefined;
  const place: Place = JSON.parse(text);
  const released = new Promise<void>((resolve) => {
    process.once("message", () => resolve());
    // A predecessor that died is gone too.
    process.once("disconnect", resolve);
  });
  return { ...place, released, ready: () => void process.send?.("ready") };
}
