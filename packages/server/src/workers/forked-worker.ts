import cluster from "node:cluster";

/** The variable by which a worker finds its primary: the path of the primary's socket. */
export const socketVariable = "OPENLINE_PRIMARY";

/** A worker process as the primary holds it. */
export interface ForkedWorker {
  readonly id: number;
  readonly pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
}

/** Starts a worker process with these variables in its environment. */
export type StartWorker = (environment: Readonly<Record<string, string>>) => ForkedWorker;

/** What workers run: a file, and its arguments. */
export interface WorkerProgram {
  readonly file: string;
  readonly args: readonly string[];
}

/** Starts workers with Node's cluster, so that their `listen` calls share the primary's port. */
export function clusterStart({ file, args }: WorkerProgram): StartWorker {
  cluster.setupPrimary({ exec: file, args: [...args] });
  return (environment) => {
    const worker = cluster.fork(environment);
    const ended = new Promise<string>((resolve) => {
      worker.once("exit", (code, signal) => resolve(signal === null || signal === "" ? `exit code ${code}` : signal));
      worker.once("error", (error) => resolve(error.message));
    });
    return {
      id: worker.id,
      pid: worker.process.pid,
      kill: (signal) => void worker.process.kill(signal),
      ended,
    };
  };
}

/** The number by which the primary knows this worker; undefined in a process that is none. */
export function ownWorkerId(): number | undefined {
  return cluster.worker?.id;
}
