// Cases kept in git: streams worth keeping, and every fault that was once found.
import { readdir, readFile } from "node:fs/promises";
import type { Case } from "./target.ts";

export interface CorpusCase extends Case {
  readonly name: string;
  readonly target: string;
  /** What it shows, as a rule. */
  readonly rule: string;
}

const folder = new URL("corpus/", import.meta.url);

export async function readCorpus(): Promise<CorpusCase[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).toSorted();
  return Promise.all(files.map(async (file) => readCase(new URL(file, folder), file.replace(".json", ""))));
}

export async function readCase(file: URL, name: string): Promise<CorpusCase> {
  const { target, rule, setting, steps } = JSON.parse(await readFile(file, "utf8")) as CorpusCase;
  if (typeof target !== "string" || !Array.isArray(steps))
    throw new TypeError(`${file.pathname} is no case: it needs target, rule, setting, steps`);
  return { name, target, rule, setting, steps };
}
