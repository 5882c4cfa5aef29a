// The conversions and shapes of Web IDL that the classes of this folder need. https://webidl.spec.whatwg.org/

/** `USVString`: text, with each lone surrogate made U+FFFD. @throws TypeError for a symbol */
export function usvString(value: unknown): string {
  // Without `toWellFormed`, which is not in ES2023.
  return domString(value).replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** `DOMString`. @throws TypeError for a symbol */
export function domString(value: unknown): string {
  if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return String(value);
}

/** `[Clamp] unsigned short`: into 0 to 65,535, then to the nearest integer, halves to the even one; NaN is 0. @throws TypeError for a symbol or BigInt */
export function clampedUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(toNumber(value), 0), 65_535);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const rest = number - floor;
  if (rest !== 0.5) return Math.round(number);
  return floor % 2 === 0 ? floor : floor + 1;
}

// Unary plus is the language's own ToNumber; `Number()` would let a BigInt through.
function toNumber(value: unknown): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-conversion -- whatever it is, the language converts it or throws
  return +(value as number);
}

/** The items of `sequence<…>`, in case the value is an object with an iterator; undefined where it is none. */
export function sequenceOf(value: unknown): unknown[] | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  const method: unknown = Reflect.get(value, Symbol.iterator);
  if (method === undefined || method === null) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has an iterator; one that is no function throws here
  return [...(value as Iterable<unknown>)];
}

/** A dictionary argument: an empty one for undefined and null. @throws TypeError for what is no object */
export function dictionary(value: unknown, of: string): object {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${of}: the argument is no object`);
  return value;
}

/** Gives a class the shape that Web IDL asks for: its attributes and operations enumerable, its name as `Symbol.toStringTag`. */
export function asInterface(of: { readonly name: string; readonly prototype: object }, members: readonly string[]): void {
  for (const member of members) Object.defineProperty(of.prototype, member, { enumerable: true });
  Object.defineProperty(of.prototype, Symbol.toStringTag, { value: of.name, configurable: true });
}

/** Constants of an interface: on the class and on its prototype, enumerable, and nothing can change them. */
export function withConstants(of: { readonly prototype: object }, constants: Readonly<Record<string, number>>): void {
  for (const place of [of, of.prototype]) {
    for (const [name, value] of Object.entries(constants)) {
      Object.defineProperty(place, name, { value, enumerable: true, writable: false, configurable: false });
    }
  }
}
