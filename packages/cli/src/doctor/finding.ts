/** How it stands: good, worth knowing, likely to hurt, or broken. */
export type Standing = "ok" | "note" | "warning" | "fault";

/**
 * One thing that was looked at: `what`, in a word or three; `found`, with its numbers; what that `means` for a server; and the `remedy`. What is likely to hurt,
 * or broken, always says what it means and what to do.
 */
export type Finding = { readonly what: string; readonly found: string } & (
  | { readonly standing: "ok" | "note"; readonly means?: string; readonly remedy?: string }
  | { readonly standing: "warning" | "fault"; readonly means: string; readonly remedy: string }
);
