/** The `code` of an error of the system (`EADDRINUSE` …); an empty text when it has none. */
export function faultCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** What an error says of itself, whatever was thrown. */
export function faultText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
