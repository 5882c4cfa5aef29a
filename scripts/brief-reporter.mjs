// A reporter for node:test that prints what people look for: a failure with its reason, what a test says, and a line per file.
import { inspect } from "node:util";
import { root } from "./terminal.mjs";

export default async function* brief(source) {
  const files = new Map();
  for await (const { type, data } of source) {
    if (type === "test:stderr" || type === "test:stdout") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite" && type === "test:pass") continue;
    const file = short(data.file);
    const tally = files.get(file) ?? { passed: 0, failed: 0 };
    files.set(file, tally);
    if (type === "test:pass") tally.passed += 1;
    else {
      tally.failed += 1;
      yield `  ✗ ${file}: ${data.name}\n${indent(reason(data.details?.error))}\n`;
    }
  }
  for (const [file, { passed, failed }] of [...files].toSorted()) {
    if (failed > 0) yield `  ${file}: ${passed} passed, ${failed} failed\n`;
  }
}

const short = (file) => (file ?? "(no file)").replace(`${root}/`, "");
const reason = (error) => inspect(error?.cause ?? error, { depth: 3, breakLength: 120 });
const indent = (text) => text.replaceAll(/^/gm, "      ");
