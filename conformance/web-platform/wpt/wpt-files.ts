import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A page of the web platform tests: one file with one of its variants. */
export interface WptPage {
  /** Below the root of the tests, as the server serves it, with the variant. */
  readonly path: string;
  /** `?default`, `?wss`, …; empty for a file without variants. */
  readonly variant: string;
  /** What a browser loads the page over. */
  readonly origin: "http" | "https" | "h2";
  /** Whether the file asks for 60 s instead of 10 s. */
  readonly isLong: boolean;
}

/** All pages below `folder` (such as `websockets`) that hold tests, in the order of their names. */
export function pagesOf(root: string, folder: string): readonly WptPage[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort();
  return files.flatMap((file) => {
    const served = servedAs(file);
    if (served === undefined) return [];
    const text = readFileSync(join(root, folder, file), "latin1");
    if (file.endsWith(".html") && !text.includes("/testharness.js")) return [];
    return variantsOf(text).map((variant) => ({
      path: `/${folder}/${served}${variant}`,
      variant,
      origin: originOf(`${file}${variant}`),
      isLong: /META: timeout=long|name="?timeout"? content="?long/.test(text),
    }));
  });
}

/** The page that the server makes of a script, or the page itself; undefined for what is no test. */
function servedAs(file: string): string | undefined {
  if (/(^|\/)(resources|support|handlers)\//.test(file)) return undefined;
  if (file.endsWith(".html") || file.endsWith(".worker.js")) return file;
  return /\.(any|window)\.js$/.test(file) ? file.replace(/js$/, "html") : undefined;
}

function variantsOf(text: string): readonly string[] {
  const found = [...text.matchAll(/META: variant=(\S+)|<meta name="?variant"? content="([^"]*)"/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
  return found.length === 0 ? [""] : found;
}

function originOf(name: string): WptPage["origin"] {
  if (/wpt_flags=h2|\.h2\./.test(name)) return "h2";
  return /wpt_flags=https|\.https\./.test(name) ? "https" : "http";
}
