import type * as Server from "@openline/server";
import type { Logger, Settings } from "@openline/server";
import type { Serving } from "./serving.ts";

/**
 * Workers that are processes of this same command, and the primary before them in this one. SIGHUP replaces the workers one after another, SIGUSR2 lets a new
 * process take this one's place.
 */
export function behindWorkers(
  { Primary, clusterStart, inheritanceOf, startSuccessor }: WorkerModule,
  settings: Settings,
  workers: number,
  log: Logger,
): Serving {
  const [, file = "", ...args] = process.argv;
  const inheritance = inheritanceOf(process.env);
  const primary = new Primary({ settings, workers, log, start: clusterStart({ file, args }), inheritance });
  // A terminal that is closed says SIGHUP too, and means the end.
  if (process.stdout.isTTY !== true) process.on("SIGHUP", () => void primary.replace());
  const handedOver = new Promise<void>((resolve) => {
    let isUnderWay = false;
    const handOver = async (): Promise<void> => {
      // A second successor would serve beside the first.
      if (isUnderWay) return;
      isUnderWay = true;
      isUnderWay = await primary.handOver(startSuccessor);
      if (isUnderWay) resolve();
    };
    process.on("SIGUSR2", () => void handOver());
  });
  const listen = async (): Promise<Server.Listening> => {
    const listening = await primary.listen();
    if (process.connected) process.disconnect();
    return listening;
  };
  return { listen, close: async () => await primary.close(), kill: () => primary.kill(), handedOver };
}

type WorkerModule = Pick<typeof Server, "Primary" | "clusterStart" | "inheritanceOf" | "startSuccessor">;

/** Serves as a worker until its primary says that it is enough, or is gone. Signals to the whole group are the primary's to act on. */
export async function serveAsWorker(
  { runWorker, ownWorkerId }: Pick<typeof Server, "runWorker" | "ownWorkerId">,
  settings: Settings,
  log: Logger,
  path: string,
): Promise<number> {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(name, () => {});
  const worker = ownWorkerId() ?? 0;
  try {
    await runWorker({ settings, log: log.child({ worker }), path, worker });
  } catch (error) {
    log.error({ err: error, worker }, "a worker ends");
    process.exit(1);
  }
  process.exit(0);
}
