export { BrokerError, type BrokerErrorCode } from "@openline/brokers";
export { loadSettings, type SettingSources } from "./configuration.ts";
export { createLog, type Logger, type LogOptions } from "./log.ts";
export { type ProblemCode, problemStatus } from "./problems.ts";
export { type CloseOptions, createServer, type Listening, type OpenlineServer, type ServerOptions } from "./server.ts";
export { type SettingEntry, settingTable } from "./setting-table.ts";
export { type Settings, SettingsError, type SettingsInput } from "./settings.ts";
