import { Worker } from "node:worker_threads";
import type { WptPage } from "./wpt-files.ts";
import type { WptServer } from "./wpt-server.ts";

/** How a page ended, as the harness says it. */
export interface PageResult {
  readonly page: WptPage;
  /** Empty when the harness came to its end; why not otherwise. */
  readonly fault: string;
  readonly subtests: readonly SubtestResult[];
}

export interface SubtestResult {
  readonly name: string;
  /** Empty when it passed. */
  readonly fault: string;
}

interface HarnessReport {
  readonly status: number;
  readonly message: string;
  readonly subtests: readonly { readonly name: string; readonly status: number; readonly message: string }[];
}

const kinds = ["passed", "failed", "timed out", "not run", "precondition failed"];
// A loaded machine gets twice what a browser is given.
const patience = 2;

/** Runs a page in a worker thread of its own. */
async function runPage(server: WptServer, page: WptPage): Promise<PageResult> {
  const address = new URL(page.path, server.origins[page.origin]);
  const worker = new Worker(new URL("wpt-worker.mjs", import.meta.url), {
    workerData: { page: address.href, server: server.origins.http, isHttp2: page.origin === "h2" },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const timer = setTimeout(() => worker.postMessage("timeout"), (page.isLong ? 60_000 : 10_000) * patience);
  try {
    return await new Promise<PageResult>((resolve) => {
      worker.once("message", (report: HarnessReport) => resolve(resultOf(page, report)));
      worker.once("error", (error: Error) => resolve({ page, fault: error.message, subtests: [] }));
      worker.once("exit", () => resolve({ page, fault: "ended before the harness did", subtests: [] }));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function resultOf(page: WptPage, { status, message, subtests }: HarnessReport): PageResult {
  return {
    page,
    fault: status === 0 ? "" : `${["", "error", "timeout", "precondition failed"][status] ?? status}: ${message}`,
    subtests: subtests.map((one) => ({ name: one.name, fault: one.status === 0 ? "" : `${kinds[one.status] ?? ""}: ${one.message}` })),
  };
}

/** Runs the pages, so many at once, in their order. */
export async function runPages(server: WptServer, pages: readonly WptPage[], atOnce: number): Promise<readonly PageResult[]> {
  const results: PageResult[] = [];
  const waiting = [...pages.entries()];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await runPage(server, next[1]);
    }),
  );
  return results;
}
