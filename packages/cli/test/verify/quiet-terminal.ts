import type { Terminal } from "../../src/terminal.ts";

/** A terminal that keeps what was written to it. */
export function quietTerminal(isInteractive = false): Terminal & { readonly said: { out: string; err: string } } {
  const said = { out: "", err: "" };
  return {
    out: { write: (text) => (said.out += text) },
    err: { write: (text) => (said.err += text) },
    environment: {},
    isInteractive,
    said,
  };
}
