export { BrokerError, type BrokerErrorCode } from "@openline/brokers";
export type { JwtSettingsInput, LimitsInput } from "./auth/access-settings.ts";
export type { AuthenticatedUser, AuthenticateFunction, AuthenticationRequest } from "./auth/authenticator.ts";
export { type AccessFunctions, createVerifier } from "./auth/entrance.ts";
export { loadSettings, type SettingSources } from "./configuration.ts";
export { type ExplainedSetting, explainSettings } from "./explained-settings.ts";
export {
  type DisconnectAsk,
  HookRefusal,
  type Hooks,
  type RoomHooks,
  refuse,
} from "./hooks.ts";
export { createLog, type Logger, type LogOptions } from "./log.ts";
export type { CloseOptions, Listening, OpenlineServer, ServerOptions } from "./openline-server.ts";
export { type ProblemCode, problemStatus } from "./problems.ts";
export type { PublishOptions, RoomHandle, TypedHistory } from "./room-handle.ts";
export type { KnownRoom, MessageIn, MessageOut, NoSchemas, RoomName, RoomSchemas } from "./room-types.ts";
export type { DisconnectOutcome, Whom } from "./routes/room-service.ts";
export { createServer } from "./server.ts";
export type { SettingEntry } from "./setting-entries/setting-entry.ts";
export { settingTable } from "./setting-table.ts";
export { type Settings, SettingsError } from "./settings.ts";
export { type SettingsInput } from "./settings-schema.ts";
export { type SchemaInput, type SchemaOutput, type StandardSchema, unchecked } from "./standard-schema.ts";
export {
  clusterStart,
  type ForkedWorker,
  ownWorkerId,
  type StartWorker,
  socketVariable,
  type WorkerProgram,
} from "./workers/forked-worker.ts";
export { Primary, type PrimaryOptions } from "./workers/primary.ts";
export { type Inheritance, inheritanceOf, type Place, type Successor, startSuccessor } from "./workers/succession.ts";
export { runWorker, type WorkerOptions } from "./workers/worker.ts";
