import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { Prompt, readOrder } from "../../src/connect/prompt.ts";

const orders: readonly [line: string, expected: unknown][] = [
  ["hello", { kind: "send", text: "hello" }],
  ["", { kind: "send", text: "" }],
  ["//ping", { kind: "send", text: "/ping" }],
  ["/ping", { kind: "ping" }],
  ["/help", { kind: "help" }],
  ["/hex 48 0x65 6C", { kind: "send-bytes", bytes: Buffer.from("Hel") }],
  ["/file my file.bin", { kind: "send-file", file: "my file.bin" }],
  ["/close", { kind: "close", code: undefined, reason: "" }],
  ["/close 4000 good bye", { kind: "close", code: 4000, reason: "good bye" }],
];
for (const [line, expected] of orders) test(`the line ${JSON.stringify(line)}`, () => assert.deepEqual(readOrder(line), expected));

for (const line of ["/nope", "/hex", "/hex 4", "/hex zz", "/file"]) {
  test(`${line} is no command: what is wrong is said`, () => assert.equal(readOrder(line).kind, "fault"));
}

test("lines are handed over, what others write stands over the prompt, and the end of input is told", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const lines: string[] = [];
  let ends = 0;
  const ended = new Promise<void>((resolve) => {
    const prompt = new Prompt(
      input,
      output,
      (line) => lines.push(line),
      () => {
        ends++;
        resolve();
      },
    );
    prompt.out("from others");
  });
  input.write("one\ntwo\n");
  input.end();
  await ended;
  assert.deepEqual([lines, ends], [["one", "two"], 1]);
  assert.ok(String(output.read()).includes("> \r\u001b[Jfrom others\n"));
});
