/** Which driver TCP connections get. `auto`: the fast one where the running Node has what it needs. `fast`: the same, with a warning where it has not. */
export type DriverChoice = "portable" | "fast" | "auto";

const choices: readonly string[] = ["portable", "fast", "auto"] satisfies DriverChoice[];
/** The name of the environment variable that has a word in it. */
export const DRIVER_VARIABLE = "OPENLINE_DRIVER";

const DEFAULT: DriverChoice = "auto";

/**
 * What the option and the environment come to. `portable` in either wins: it is the switch for emergencies. Otherwise the option, then the environment.
 * @throws TypeError `USAGE_DRIVER` for an option that is none of the three. A wrong value in the environment is warned of, once, and otherwise ignored.
 */
export function driverChoice(option: DriverChoice | undefined): DriverChoice {
  if (option !== undefined && !choices.includes(option)) {
    const message = `The option driver is ${JSON.stringify(option)}: it must be "portable", "fast" or "auto"`;
    throw Object.assign(new TypeError(message), { code: "USAGE_DRIVER" });
  }
  const fromEnvironment = environment();
  if (option === "portable" || fromEnvironment === "portable") return "portable";
  return option ?? fromEnvironment ?? DEFAULT;
}

let warned: string | undefined;

function environment(): DriverChoice | undefined {
  const value = process.env[DRIVER_VARIABLE];
  if (value === undefined || value === "") return undefined;
  if (isChoice(value)) return value;
  if (warned !== value) {
    process.emitWarning(`${DRIVER_VARIABLE} is ${JSON.stringify(value)}: it must be "portable", "fast" or "auto", and is ignored`, {
      code: "OPENLINE_DRIVER_VARIABLE",
    });
  }
  warned = value;
  return undefined;
}

function isChoice(value: string): value is DriverChoice {
  return choices.includes(value);
}
