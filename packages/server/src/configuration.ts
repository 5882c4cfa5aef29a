import { readFileSync } from "node:fs";
import { defaultRules } from "@openline/hub";
import * as v from "valibot";
import { faultCode, faultText } from "./fault.ts";
import type { SettingEntry } from "./setting-entries/setting-entry.ts";
import { settingTable } from "./setting-table.ts";
import { completeSettings, type Settings, SettingsError } from "./settings.ts";
import { type SettingsInput, settingsSchema } from "./settings-schema.ts";

/** What {@link loadSettings} reads; what comes later in this list yields to what comes before. */
export interface SettingSources {
  /** Flags by their long name without dashes: text, several texts, or true for a switch. */
  readonly flags?: Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
  /** Normally `process.env`; only the `OPENLINE_` variables of the table are looked at. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A JSON file with the settings. Flags and environment can name it too: `--config`, `OPENLINE_CONFIG`. */
  readonly file?: string;
}

type Tree = Record<string, unknown>;

/**
 * Puts the settings together: flags before environment before file before defaults.
 * @throws SettingsError with one line that names the source, the setting, the value and what is allowed
 */
export function loadSettings({ flags = {}, environment = {}, file }: SettingSources): Settings {
  return completeLayers(readLayers({ flags, environment, ...(file !== undefined && { file }) }));
}

/** The settings of one source, and how to call it. */
export interface SettingsLayer {
  readonly given: SettingsInput;
  /** Where a setting of this layer stands: the file, the variable, the flag. `entry` is undefined for what only a file can hold. */
  readonly nameOf: (entry: SettingEntry | undefined) => string;
}

/**
 * Reads every source by itself, the one that yields to all others first.
 * @throws SettingsError as {@link loadSettings}
 */
export function readLayers({ flags = {}, environment = {}, file }: SettingSources): SettingsLayer[] {
  const path = file ?? environment["OPENLINE_CONFIG"];
  return [
    ...(path === undefined ? [] : [{ given: readSettingsFile(path), nameOf: () => path }]),
    { given: readTexts((entry) => environment[entry.variable], variable), nameOf: variable },
    { given: readTexts((entry) => flags[entry.flag], flag), nameOf: flag },
  ];
}

const variable = (entry: SettingEntry | undefined): string => entry?.variable ?? "";
const flag = (entry: SettingEntry | undefined): string => `--${entry?.flag}`;

/** Puts layers together and fills in the defaults. @throws SettingsError when they do not go together */
export function completeLayers(layers: readonly SettingsLayer[]): Settings {
  return completeSettings(v.parse(settingsSchema, layers.map(({ given }) => given).reduce<object>(merge, {})));
}

function merge(below: object, above: object): object {
  const merged: Tree = { ...below };
  for (const [key, value] of Object.entries(above)) {
    merged[key] = isTree(value) && isTree(merged[key]) ? merge(merged[key], value) : value;
  }
  return merged;
}

const isTree = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

function readTexts(read: (entry: SettingEntry) => unknown, name: (entry: SettingEntry) => string): SettingsInput {
  const tree: Tree = {};
  for (const entry of settingTable) {
    const given = read(entry);
    if (given === undefined || given === "") continue;
    place(tree, entry.path, convert(entry, given));
  }
  return check(tree, (path) => {
    const entry = settingTable.find((candidate) => candidate.path.every((key, index) => key === path[index]));
    return entry === undefined ? path.join(".") : name(entry);
  });
}

function place(tree: Tree, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner: Tree = { ...(isTree(tree[key]) ? tree[key] : {}) };
  tree[key] = inner;
  place(inner, rest, value);
}

// What cannot be converted stays as it is: the schema then refuses it, with the text as it was given.
function convert({ kind }: SettingEntry, given: unknown): unknown {
  if (kind === "list")
    return (Array.isArray(given) ? given : [given]).flatMap((text) => String(text).split(",")).map((text) => text.trim());
  if (typeof given !== "string") return given;
  if (kind === "number") return /^\d{1,15}$/.test(given) ? Number(given) : given;
  if (kind === "switch")
    return { true: true, yes: true, 1: true, on: true, false: false, no: false, 0: false, off: false }[given.toLowerCase()] ?? given;
  return given;
}

/**
 * Reads a configuration file and checks it against the schema.
 * @throws SettingsError when it cannot be read, is not JSON, or holds something that is not a setting
 */
export function readSettingsFile(file: string): SettingsInput {
  return check(parseFile(file), (path) => (path.length === 0 ? file : `${file}: ${path.join(".")}`));
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    const missing = faultCode(error) === "ENOENT";
    throw new SettingsError(`${file}: ${missing ? "there is no such file" : `cannot be read as JSON: ${faultText(error)}`}`);
  }
}

function check(tree: unknown, name: (path: readonly string[]) => string): SettingsInput {
  const result = v.safeParse(settingsSchema, tree, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map((item) => String(item.key));
  if (issue.type !== "strict_object") throw new SettingsError(`${name(path)} ${issue.message}`);
  if (path.length === 0 || issue.expected !== "never")
    throw new SettingsError(`${name(path)} must be an object of settings, not ${issue.received}`);
  const known = path[0] === "rooms" && path[1] !== undefined ? rulePaths(path[1]) : settingTable.map((entry) => entry.path.join("."));
  throw new SettingsError(`${name(path)} is not a setting; ${suggest(path.join("."), known)}`);
}

function rulePaths(pattern: string): string[] {
  return [...Object.keys(defaultRules), "history.messages", "history.bytes", "history.ageMs"].map((rule) => `rooms.${pattern}.${rule}`);
}

function suggest(given: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= Math.max(2, nearest.name.length / 3)
    ? `did you mean ${nearest.name}?`
    : `the settings are ${known.join(", ")}`;
}

/** The Levenshtein distance of two short names. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
