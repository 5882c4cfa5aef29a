import { accessSync, constants, realpathSync, type Stats, statSync } from "node:fs";
import { delimiter, join, sep } from "node:path";

/** The program that a shell would start for this name: a path as it stands, anything else in the folders of PATH. Undefined when there is none. */
export function findProgram(name: string, searchPath: string): string | undefined {
  const extensions = process.platform === "win32" ? (process.env["PATHEXT"] ?? ".EXE").split(";").concat("") : [""];
  const isPath = name.includes("/") || name.includes(sep);
  const places = isPath ? [name] : searchPath.split(delimiter).map((folder) => join(folder === "" ? "." : folder, name));
  return places.flatMap((place) => extensions.map((extension) => place + extension)).find(isExecutable);
}

/** Whether it is a file that this user may run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What stands below a folder under a request's path. */
export interface PathMatch {
  /** The file, links resolved: it lies in the folder. */
  readonly file: string;
  /** The part of the path that names it. */
  readonly name: string;
  /** What is left, empty or beginning with a slash. */
  readonly rest: string;
  readonly stats: Stats;
}

/**
 * Walks a decoded path below a folder until it meets a file. What leads out of the folder, by dots or by links, is not there.
 * @param folder links resolved: {@link resolvedFolder}
 */
export function matchPath(folder: string, path: string): PathMatch | undefined {
  const segments = path.split("/").slice(1);
  if (segments.some((segment) => segment === "." || segment === ".." || segment.includes("\0") || segment.includes(sep))) return undefined;
  for (let count = 1; count <= segments.length; count++) {
    if (segments[count - 1] === "") return undefined;
    const name = `/${segments.slice(0, count).join("/")}`;
    const file = inside(folder, join(folder, name));
    const stats = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    if (file === undefined || stats === undefined) return undefined;
    const rest = segments.slice(count).map((segment) => `/${segment}`);
    if (stats.isFile()) return { file, name, rest: rest.join(""), stats };
  }
  return undefined;
}

/** Where a path leads when all links are followed, if that lies in the folder. Undefined too when there is nothing. */
export function inside(folder: string, path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return real === folder || real.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? real : undefined;
  } catch {
    return undefined;
  }
}

/** A folder with its own links resolved, as {@link matchPath} takes it. */
export const resolvedFolder = (folder: string): string => realpathSync(folder);
