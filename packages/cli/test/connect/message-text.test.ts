import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesAsText, textForPeople } from "../../src/connect/message-text.ts";

const plain = (_style: string, text: string): string => text;
const marked = (style: string, text: string): string => `<${style}>${text}</>`;

test("JSON comes in lines, everything else as it is, and nothing steers the terminal", () => {
  assert.equal(textForPeople('{"a":[1,"x: 2"],"b":null}', plain), '{\n  "a": [\n    1,\n    "x: 2"\n  ],\n  "b": null\n}');
  for (const text of ["plain", "12", "[no json", '"text"']) assert.equal(textForPeople(text, plain), text);
  assert.equal(textForPeople("\u001b[2J", plain), "\\u001b[2J");
  assert.ok(!textForPeople('{"a":"\\u001b[2J"}', plain).includes("\u001b"));
});

test("names and values are told apart by colours", () => {
  assert.equal(
    textForPeople('{"a":-1.5e3,"t":"true","u":true}', marked),
    '{\n  <cyan>"a"</>: <yellow>-1500</>,\n  <cyan>"t"</>: "true",\n  <cyan>"u"</>: <yellow>true</>\n}',
  );
});

test("bytes as a dump, base64, or raw", () => {
  const bytes = Buffer.from([0x48, 0xff]);
  assert.match(bytesAsText(bytes, "hex"), /48 ff/);
  assert.deepEqual([bytesAsText(bytes, "base64"), bytesAsText(bytes, "raw")], ["SP8=", "H\xff"]);
});
