import { writeFileSync } from "node:fs";
import { CommandFailure } from "./failure.ts";
import { StatusLine } from "./status-line.ts";
import type { Terminal } from "./terminal.ts";
import { RedisFault, redisVersion } from "./verify/redis-control.ts";
import { progressLine, verdictJson, verdictText } from "./verify/verdict-text.ts";
import { type Progress, runVerification, VerificationImpossible, type VerificationResult } from "./verify/verification.ts";
import { readVerifySettings, type VerifyFlags, type VerifySettings } from "./verify/verify-settings.ts";

/**
 * Plays clients against a running hub and says whether it kept its contract.
 * @returns the exit code: 0 it held, 1 it was violated
 * @throws CommandFailure for flags that cannot be used (exit code 2), and when the run could not be made (3)
 */
export async function verify(flags: VerifyFlags, terminal: Terminal): Promise<number> {
  const settings = readVerifySettings(flags, terminal.environment);
  const line = new StatusLine(terminal);
  const enough = new AbortController();
  const end = (): void => enough.abort();
  // The first one ends the run and judges it; the second one ends the process, as it does without us.
  process.once("SIGINT", end);
  try {
    if (settings.broker !== undefined) await redisVersion(settings.broker);
    line.show(`connecting ${settings.clients} clients`);
    const result = await runVerification(settings, (progress: Progress) => line.show(progressLine(progress, settings)), enough.signal);
    line.clear();
    terminal.out.write(settings.json ? verdictJson(settings, result) : verdictText(settings, result, terminal));
    save(settings, result);
    return result.verdict.isHeld ? 0 : 1;
  } catch (error) {
    line.clear();
    throw whyNot(error, settings);
  } finally {
    process.off("SIGINT", end);
  }
}

function whyNot(error: unknown, { broker }: VerifySettings): unknown {
  if (error instanceof VerificationImpossible) return new CommandFailure(`could not verify: ${error.message}`, 3);
  if (error instanceof RedisFault) return new CommandFailure(`could not verify: ${withoutSecret(broker)}: ${error.message}`, 3);
  return error;
}

function withoutSecret(broker = ""): string {
  const { protocol, host } = new URL(broker);
  return `${protocol}//${host}`;
}

function save({ save: file }: VerifySettings, { observations }: VerificationResult): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, observations.map((observation) => `${JSON.stringify(observation)}\n`).join(""));
  } catch (error) {
    throw new CommandFailure(`the observations could not be written: ${error instanceof Error ? error.message : String(error)}`, 3);
  }
}
