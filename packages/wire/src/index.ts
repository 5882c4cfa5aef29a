export * from "./close-table.ts";
export * from "./code-texts.ts";
export * from "./encode.ts";
export * from "./error-table.ts";
export * from "./limits.ts";
export * from "./messages.ts";
export * from "./parse-client-message.ts";
export * from "./parse-server-message.ts";
export { checkName, isVisibleAscii, shorten, utf8Length } from "./text.ts";
