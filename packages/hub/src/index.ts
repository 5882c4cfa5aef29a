export * from "./broker.ts";
export type { Clock } from "./clock.ts";
export * from "./hub-options.ts";
export type { IdSource } from "./id-source.ts";
export * from "./position.ts";
export * from "./rules.ts";
export type { OutgoingMessage, Transport } from "./transport.ts";
