/** Bytes that look random and are the same in every run. */
export function randomBytes(size: number, seed = 0x9e37_79b9): Uint8Array {
  const next = generator(seed);
  return Uint8Array.from({ length: size }, () => next() & 0xff);
}

/** Small letters, as many as asked for. */
export function randomLetters(length: number, seed = 0x9e37_79b9): string {
  const next = generator(seed);
  return Array.from({ length }, () => String.fromCharCode(97 + (next() % 26))).join("");
}

/** A JSON document of exactly `length` characters, a list of positions of vehicles. */
export function randomJson(length: number, seed = 0x9e37_79b9): string {
  const next = generator(seed);
  const positions: object[] = [];
  const text = (pad: string): string => JSON.stringify({ positions, pad });
  for (;;) {
    positions.push({ vehicle: next() % 10_000, line: `M${next() % 9}`, lat: 47 + (next() % 1_000_000) / 1e6, late: next() % 2 === 0 });
    if (text("").length <= length) continue;
    positions.pop();
    return text("x".repeat(length - text("").length));
  }
}

/** xorshift32: whole numbers from 0 to 2^32 - 1. */
/** Whole numbers from 0 to 2³² - 1. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
