/** A wait that can be given up. */
export interface Patience {
  readonly over: Promise<void>;
  readonly end: () => void;
}

const STEP_MS = 100;

/**
 * Waits so long in steps: a process that gets no processor for a while, or works itself, loses one step and not its patience, and reads what has come
 * meanwhile before it says that nothing came.
 */
export function patience(ms: number): Patience {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    const step = (left: number): void => {
      timer = setTimeout(() => (left > STEP_MS ? step(left - STEP_MS) : resolve()), Math.min(left, STEP_MS));
    };
    step(ms);
  });
  return { over, end: () => clearTimeout(timer) };
}
