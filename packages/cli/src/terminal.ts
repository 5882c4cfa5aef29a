/** What a command says and to whom: the process's own streams, or a test's. */
export interface Terminal {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether `out` is a terminal with somebody before it. */
  readonly isInteractive: boolean;
}

/** The terminal that this process was started from. */
export function processTerminal(): Terminal {
  return { out: process.stdout, err: process.stderr, environment: process.env, isInteractive: process.stdout.isTTY };
}

/** The escape sequences used: nothing else is coloured. */
const codes = { bold: 1, dim: 2, cyan: 36, yellow: 33 } as const;

/** Colours a text on a terminal, unless `NO_COLOR` is set (no-color.org); elsewhere the text stays as it is. */
export function paint({ isInteractive, environment }: Terminal, style: keyof typeof codes, text: string): string {
  const wanted = isInteractive && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
  return wanted ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
