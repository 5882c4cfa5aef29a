// What can be fuzzed, and how a case that fails is made small.
import { Random } from "./random.ts";

/** One thing to try: a setting, and steps of which some may be left out. Both are plain JSON, so that a case can be kept in the corpus. */
export interface Case<Setting = unknown, Step = unknown> {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

export interface Target<Setting = unknown, Step = unknown> {
  readonly name: string;
  /** How many cases may run at once: more than 1 where they mostly wait. */
  readonly concurrency?: number;
  make(random: Random): Case<Setting, Step>;
  /** Throws when something is not as documented. */
  run(each: Case<Setting, Step>): Promise<void>;
  /** The same case in smaller steps, where that is possible. */
  refine?(each: Case<Setting, Step>): Case<Setting, Step>;
  /** After the last case: what was set up for all of them is ended and looked over. */
  end?(): Promise<void>;
}

/** A case that failed, already made small. */
class Finding extends Error {
  override readonly name = "Finding";

  constructor(target: string, seed: number, small: Case, cause: unknown) {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(
      [
        `${target} fails with seed ${seed}: npm run fuzz -- --target ${target} --seed ${seed} --count 1`,
        `smallest case: ${JSON.stringify({ target, ...small })}`,
        text,
      ].join("\n"),
      { cause },
    );
  }
}

/** Runs the case of one seed; throws a {@link Finding} when it fails. */
export async function runSeed(target: Target, seed: number): Promise<void> {
  const each = target.make(new Random(seed));
  const fault = await faultOf(target, each);
  if (fault === undefined) return;
  const small = await shrink(target, each, kindOf(fault));
  throw new Finding(target.name, seed, small, (await faultOf(target, small)) ?? fault);
}

async function faultOf(target: Target, each: Case): Promise<Error | undefined> {
  try {
    await target.run(each);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What must stay the same while a case gets smaller: otherwise it may end as another fault. */
function kindOf(fault: Error): string {
  return (fault.message.split("\n", 1)[0] ?? "").replaceAll(/\d+/g, "#").slice(0, 60);
}

/** How often, and for how long, a case is tried while it gets smaller. */
const TRIES = 600;
const SHRINK_MS = 60_000;

/** Leaves out ever smaller runs of steps as long as the same fault shows (delta debugging). */
async function shrink(target: Target, each: Case, kind: string): Promise<Case> {
  let tries = 0;
  const last = performance.now() + SHRINK_MS;
  const fails = async (steps: readonly unknown[]): Promise<boolean> => {
    if (++tries > TRIES || performance.now() > last) return false;
    const fault = await faultOf(target, { ...each, steps });
    return fault !== undefined && kindOf(fault) === kind;
  };
  const coarse = { ...each, steps: await leaveOut(each.steps, fails) };
  const fine = target.refine?.(coarse);
  if (fine === undefined || !(await fails(fine.steps))) return coarse;
  return { ...each, steps: await leaveOut(fine.steps, fails) };
}

async function leaveOut<T>(all: readonly T[], fails: (steps: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let steps = all;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length; ) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await fails(fewer)) steps = fewer;
      else at += size;
    }
  }
  return steps;
}
