/** How long something took, and how much of that this process did not run although it wanted to: a busy machine is not the broker's affair. */
export async function timed(act: () => Promise<void>): Promise<{ readonly tookMs: number; readonly lateMs: number }> {
  const from = performance.now();
  const everyMs = 10;
  let [last, lateMs] = [from, 0];
  const note = (): void => {
    const now = performance.now();
    lateMs += Math.max(0, now - last - everyMs);
    last = now;
  };
  const ticks = setInterval(note, everyMs);
  try {
    await act();
    note();
    return { tookMs: performance.now() - from, lateMs };
  } finally {
    clearInterval(ticks);
  }
}
