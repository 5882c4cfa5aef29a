// A reporter for node:test that counts leaf tests and keeps the names of what failed or was skipped, as one JSON line.
export default async function* tally(source) {
  const count = { passed: 0, failed: [], skipped: [] };
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite") continue;
    const name = `${data.file ? `${data.file}: ` : ""}${data.name}`;
    if (data.skip !== undefined || data.todo !== undefined) count.skipped.push({ name, reason: String(data.skip ?? data.todo) });
    else if (type === "test:pass") count.passed += 1;
    else count.failed.push(name);
  }
  yield `${JSON.stringify(count)}\n`;
}
