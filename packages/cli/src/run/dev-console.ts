import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The page of `--devconsole`, with the fields to send it with. */
export interface DevConsole {
  readonly body: Buffer;
  readonly fields: Readonly<Record<string, string | number>>;
}

const file = new URL("../../pages/devconsole.html", import.meta.url);
let page: DevConsole | undefined;

/** The page is the same for every path, and runs no script but its own: nothing of the request is in it. */
export function devConsole(): DevConsole {
  page ??= read();
  return page;
}

function read(): DevConsole {
  const body = readFileSync(file);
  const text = body.toString();
  const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(text) ?? [];
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; connect-src ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return {
    body,
    fields: {
      "content-type": "text/html; charset=utf-8",
      "content-length": body.length,
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    },
  };
}
