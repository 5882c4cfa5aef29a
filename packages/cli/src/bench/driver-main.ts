// A driver process of `openline bench`: told what to do by its parent, and telling it what it counted.
import { BenchDriver } from "./bench-driver.ts";
import type { FromDriver, ToDriver } from "./driver-messages.ts";
import { acts } from "./scenario-acts.ts";

let driver: BenchDriver | undefined;

const tell = (message: FromDriver): void => {
  if (process.connected) process.send?.(message);
};

const report = setInterval(() => {
  if (driver !== undefined) tell({ type: "tick", tally: driver.sheet.take() });
}, 500);

process.on("message", (message: ToDriver) => {
  hear(message).catch((error: unknown) => tell({ type: "failed", reason: error instanceof Error ? error.message : String(error) }));
});
// Ctrl-C goes to the whole group of processes: the parent hears it, too, and says when to stop.
process.on("SIGINT", () => undefined);
// A parent that is gone wants nothing more.
process.on("disconnect", () => process.exit());
// It may have gone while this was loaded.
if (!process.connected) process.exit();

async function hear(message: ToDriver): Promise<void> {
  switch (message.type) {
    case "plan":
      driver = new BenchDriver(message.plan, message.share);
      await driver.prepare();
      return tell({ type: "ready" });
    case "go":
      driver?.begin();
      return driver === undefined ? undefined : await acts[driver.plan.scenario](driver);
    case "stop": {
      driver?.stop();
      await driver?.settle();
      clearInterval(report);
      const ended = driver?.end();
      if (ended !== undefined) tell({ type: "done", ...ended });
      return process.disconnect();
    }
  }
}
