import { parts } from "./cases/parts.ts";
import type { Realm } from "./realm.ts";

/** A rule that does not hold, and what was found instead. */
export interface Outcome {
  readonly part: string;
  readonly name: string;
  /** Undefined when the rule holds. */
  readonly fault: string | undefined;
}

/** Runs every case in the realm, so many at once; each is over within 30 s. */
export async function runParts(realm: Realm, atOnce = 8): Promise<readonly Outcome[]> {
  const waiting = parts.flatMap(({ title, cases }) =>
    cases.filter(({ isHttp1 }) => !realm.isHttp2 || isHttp1 !== true).map((one) => ({ title, one })),
  );
  const outcomes: Outcome[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        outcomes.push({ part: next.title, name: next.one.name, fault: await faultOf(next.one.run.bind(next.one), realm) });
      }
    }),
  );
  return outcomes;
}

async function faultOf(run: (realm: Realm) => Promise<void> | void, realm: Realm): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await Promise.race([
      run(realm),
      new Promise((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error("not over within 30 s")), 30_000);
      }),
    ]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
