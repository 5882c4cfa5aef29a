import type { Settings } from "@openline/server";
import { paint, type Terminal } from "./terminal.ts";

/** What the banner tells of. */
export interface BannerFacts {
  readonly version: string;
  readonly urls: readonly string[];
  readonly settings: Pick<Settings, "host" | "anonymous" | "apiKeys">;
  /** Whether others than this machine reach the port. */
  readonly isOpen: boolean;
}

/** The lines that a person sees when the server stands: where it is, what to try, how to stop it, and who may come in when that is everyone. */
export function banner({ version, urls, settings, isOpen }: BannerFacts, terminal: Terminal): string {
  const [first = "", ...others] = urls;
  const key = settings.apiKeys.length > 0 ? ` -H "Authorization: Bearer $OPENLINE_API_KEY"` : "";
  const lines = [
    `${paint(terminal, "bold", "Openline")} ${version} is listening`,
    "",
    `  ${paint(terminal, "cyan", first)}   open it in two windows and chat`,
    ...others.map((url) => `  ${paint(terminal, "dim", url)}`),
    "",
    "Publish from a shell:",
    `  curl${key} --data 'Hello 你好 👋' ${first}api/rooms/lobby/messages`,
    "",
    ...(isOpen && settings.anonymous ? [paint(terminal, "yellow", openWarning), ""] : []),
    paint(terminal, "dim", "Ctrl-C stops it; --help shows every option."),
    "",
  ];
  return lines.join("\n");
}

const openWarning = "Everyone who reaches this port may join rooms and publish: it was started with --anonymous.";
