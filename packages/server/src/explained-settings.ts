import { completeLayers, readLayers, type SettingSources, type SettingsLayer } from "./configuration.ts";
import type { SettingEntry } from "./setting-entries/setting-entry.ts";
import { settingTable } from "./setting-table.ts";

/** One setting as it holds, for people. */
export interface ExplainedSetting {
  /** Its place in the configuration file, joined by dots. */
  readonly name: string;
  /** Undefined: it is not set, and has no default that could be shown. Secrets are `***`. */
  readonly value: unknown;
  /** The flag, the variable or the file that it comes from, or `default`. */
  readonly source: string;
}

/** Settings that have neither flag nor variable: they are too large for it. */
const fileOnly = ["permissions", "rooms", "scaledrone"];

/**
 * Says of every setting which value holds and where it comes from.
 * @throws SettingsError as {@link loadSettings}
 */
export function explainSettings(sources: SettingSources): ExplainedSetting[] {
  const layers = readLayers(sources);
  const settings = completeLayers(layers);
  const explain = (path: readonly string[], entry?: SettingEntry): ExplainedSetting => ({
    name: path.join("."),
    value: masked(withoutSecrets(at(settings, path)), entry?.secret),
    source: sourceOf(layers, path, entry),
  });
  return [...settingTable.map((entry) => explain(entry.path, entry)), ...fileOnly.map((name) => explain([name]))];
}

function sourceOf(layers: readonly SettingsLayer[], path: readonly string[], entry: SettingEntry | undefined): string {
  return layers.findLast(({ given }) => at(given, path) !== undefined)?.nameOf(entry) ?? "default";
}

function at(tree: unknown, path: readonly string[]): unknown {
  return path.reduce((inner: unknown, key) => (isTree(inner) ? inner[key] : undefined), tree);
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** A tree whose members of the name `secret` nobody may see. */
function withoutSecrets(value: unknown): unknown {
  if (!isTree(value) || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === "secret" ? "***" : withoutSecrets(inner)]));
}

function masked(value: unknown, secret: SettingEntry["secret"]): unknown {
  if (secret === undefined || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => masked(item, secret));
  return secret === "address" && typeof value === "string" ? maskedAddress(value) : "***";
}

/** What stands before an @ and behind a ? may be a secret. */
function maskedAddress(address: string): string {
  return address.replace(/\/\/[^/?#]*@/, "//***@").replace(/[?#].*$/s, "?***");
}
