/** What {@link normalizeGoFlags} must know of a flag. */
export interface GoFlag {
  readonly name: string;
  /** A flag that takes no value, or `=true` and `=false`. */
  readonly isSwitch: boolean;
}

/** Flags as `--name=value` and `--name`, and what stands behind them. */
export interface NormalizedArgs {
  readonly flags: readonly string[];
  /** The program and its own arguments: nothing in there is ours. */
  readonly rest: readonly string[];
}

const switchValues: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);

/** A flag's value that is none: the text for the user. */
export class GoFlagFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GoFlagFault";
  }
}

/**
 * Reads arguments as Go's package `flag` does, so that calls of websocketd stay as they are: one dash or two, `-x=v` and `-x v`, switches alone or with
 * `=true` and `=false`, and the first word without a dash (or `--`) ends the flags. Flags that are not known are passed on for the parser to name.
 * @throws GoFlagFault for a switch whose value is neither true nor false
 */
export function normalizeGoFlags(args: readonly string[], known: readonly GoFlag[]): NormalizedArgs {
  const byName = new Map(known.map((flag) => [flag.name, flag]));
  const flags: string[] = [];
  let at = 0;
  while (at < args.length) {
    const arg = args[at] ?? "";
    if (arg === "--") return { flags, rest: args.slice(at + 1) };
    if (!/^--?[^-]/.test(arg)) break;
    at++;
    const [, name = "", value] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    const flag = byName.get(name);
    if (flag?.isSwitch === true) setSwitch(flags, name, value);
    else if (flag === undefined || value !== undefined) flags.push(name.length === 1 ? `-${name}` : `--${name}${asValue(value)}`);
    else if (at < args.length) flags.push(`--${name}=${args[at++] ?? ""}`);
    else flags.push(`--${name}`);
  }
  return { flags, rest: args.slice(at) };
}

const asValue = (value: string | undefined): string => (value === undefined ? "" : `=${value}`);

/** The last one counts. */
function setSwitch(flags: string[], name: string, value: string | undefined): void {
  const isOn = value === undefined ? true : switchValues.get(value);
  if (isOn === undefined) throw new GoFlagFault(`--${name} takes no value but true or false, not ${JSON.stringify(value)}`);
  const before = flags.indexOf(`--${name}`);
  if (before >= 0) flags.splice(before, 1);
  if (isOn) flags.push(`--${name}`);
}
