import { realpathSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, relative } from "node:path";
import send from "send";
import { answer } from "./http-answer.ts";
import { inside } from "./program-path.ts";

/**
 * Serves the files of a folder over HTTP, with ranges and conditional requests. Names that begin with a dot are not served, nor what links lead to outside of the
 * folder, nor what lies in folders of programs, whose source is nobody's business. There are no listings of folders.
 */
export class StaticFiles {
  readonly #folder: string;
  readonly #hidden: readonly string[];

  /** `hidden`: folders whose files are not served. */
  constructor(folder: string, hidden: readonly string[]) {
    this.#folder = realpathSync(folder);
    this.#hidden = hidden.map((path) => realpathSync(path));
  }

  /** Whether there is something to serve under this decoded path. */
  has(path: string): boolean {
    return this.#real(path) !== undefined;
  }

  serve(request: IncomingMessage, response: ServerResponse, path: string): void {
    const real = this.#real(path);
    if (real === undefined) return answer(response, 404, "404 page not found");
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    const goTo = (target: string): void => answer(response, 301, `Moved to ${target}`, { location: target + search });
    if (pathname.endsWith("/index.html")) return goTo(pathname.slice(0, -"index.html".length).replace(/^\/+/, "/"));
    // The path that `send` opens has no links in it any more.
    const file = `/${relative(this.#folder, real)}${path.endsWith("/") ? "/" : ""}`;
    send(request, encodeURI(file).replaceAll(/[?#]/g, encodeURIComponent), { root: this.#folder, dotfiles: "ignore", index: "index.html" })
      .on("directory", () => goTo(`${pathname.replace(/^\/+/, "/")}/`))
      .on("error", ({ status = 500 }: { readonly status?: number }) => {
        answer(response, status, status === 404 ? "404 page not found" : `Error ${status}`);
      })
      .pipe(response);
  }

  #real(path: string): string | undefined {
    if (path.split("/").some((segment) => segment.startsWith("."))) return undefined;
    const real = inside(this.#folder, join(this.#folder, path));
    const page = real === undefined || !path.endsWith("/") ? real : (inside(this.#folder, join(real, "index.html")) ?? undefined);
    if (real === undefined || page === undefined) return undefined;
    return this.#hidden.some((folder) => inside(folder, page) !== undefined) ? undefined : real;
  }
}
