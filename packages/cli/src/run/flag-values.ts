import { statSync } from "node:fs";
import { CommandFailure } from "../failure.ts";
import type { RunFlagValues } from "./run-flags.ts";

/** One header field. */
export type HeaderField = readonly [name: string, value: string];

/** The flags by name, each read as what it must be. */
export class FlagValues {
  readonly #flags: RunFlagValues;

  constructor(flags: RunFlagValues) {
    this.#flags = flags;
  }

  has(name: string): boolean {
    return this.#flags[name] !== undefined && this.#flags[name] !== false;
  }

  isOn(name: string): boolean {
    return this.#flags[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#flags[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** The text, an empty one too, which is no number and no choice. */
  given(name: string): string | undefined {
    const value = this.#flags[name];
    return typeof value === "string" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#flags[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  whole(name: string, fallback: number, least: number, most: number): number {
    const text = this.given(name);
    return text === undefined ? fallback : within(`--${name}`, /^-?\d+$/.test(text) ? Number(text) : text, least, most);
  }

  choice<const Name extends string>(name: string, names: readonly Name[], fallback: Name, exitCode: 1 | 2): Name {
    const text = this.given(name);
    const found = text === undefined ? fallback : names.find((one) => one === text);
    if (found !== undefined) return found;
    throw new CommandFailure(`--${name} must be one of ${names.join(", ")}, not ${JSON.stringify(text)}`, exitCode);
  }

  directory(name: string): string | undefined {
    const path = this.text(name);
    if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
    throw new CommandFailure(`--${name}: ${path} is no directory`, 1);
  }

  fields(name: string): readonly HeaderField[] {
    return this.list(name).map((text) => {
      const [, field, value] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e]*?)[ \t]*$/.exec(text) ?? [];
      if (field === undefined || value === undefined) {
        throw new CommandFailure(`--${name} must look like "Name: value", not ${JSON.stringify(text)}`, 2);
      }
      return [field, value];
    });
  }
}

/**
 * Answers the number.
 * @throws CommandFailure (2) that names the flag, the bounds and what came
 */
export function within(name: string, value: number | string, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new CommandFailure(`${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`, 2);
}
