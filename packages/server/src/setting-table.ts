import { accessEntries } from "./setting-entries/access-entries.ts";
import { applicationEntries } from "./setting-entries/application-entries.ts";
import { limitEntries } from "./setting-entries/limit-entries.ts";
import { listeningEntries } from "./setting-entries/listening-entries.ts";
import { operationEntries } from "./setting-entries/operation-entries.ts";
import type { SettingEntry } from "./setting-entries/setting-entry.ts";
import { storeEntries } from "./setting-entries/store-entries.ts";

/** Every setting with its flag, its variable and its line of help: the command line, the environment and the documentation read this table. */
export const settingTable: readonly SettingEntry[] = [
  ...listeningEntries,
  ...applicationEntries,
  ...accessEntries,
  ...storeEntries,
  ...operationEntries,
  ...limitEntries,
];
