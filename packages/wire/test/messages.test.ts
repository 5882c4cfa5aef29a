import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { closeTable, closeTexts, type ErrorCode, errorTable, errorTexts, parseClientMessage, parseServerMessage } from "../src/index.ts";

const page = readFileSync(new URL("../../../docs/wire/hub-v1.md", import.meta.url), "utf8");

/** The rows of the first table after a heading, each as its cells. */
function rowsUnder(heading: string): string[][] {
  const start = page.indexOf(`\n## ${heading}\n`);
  assert.ok(start >= 0, `the page has no heading ${heading}`);
  const lines = page.slice(start + 4).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows: string[][] = [];
  for (let index = first + 2; lines[index]?.startsWith("|"); index++) {
    rows.push(
      (lines[index] ?? "")
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

/** The types and fields that a section's table names. */
function fieldsUnder(heading: string): Map<string, string> {
  return new Map(
    rowsUnder(heading).flatMap(([types = "", fields = ""]) =>
      [...types.matchAll(/`([\w-]+)`/g)].map(([, type = ""]) => [type, fields] as const),
    ),
  );
}

test("the page's table of errors equals the code's (hub-v1, Errors)", () => {
  const rows = Object.entries(errorTable).map(([code, rule]) => [
    `\`${code}\``,
    String(rule.closeCode ?? ""),
    rule.retry,
    errorTexts[code as ErrorCode],
  ]);
  assert.deepEqual(rowsUnder("Errors"), rows);
});

test("the page's table of close codes equals the code's (hub-v1, Close codes)", () => {
  const rows = Object.entries(closeTable).map(([code, rule]) => [
    code,
    rule.reconnect === "later" ? "yes, later" : rule.reconnect,
    closeTexts[Number(code)],
  ]);
  assert.deepEqual(rowsUnder("Close codes"), rows);
});

test("every error that closes has its code in the table of close codes, under its own name (hub-v1, Errors)", () => {
  for (const [code, { closeCode }] of Object.entries(errorTable)) {
    if (closeCode !== undefined && closeCode >= 4000) assert.equal(closeTexts[closeCode], `\`${code}\``);
  }
});

test("every object that the page shows as an example is a valid message of its direction (hub-v1, A first conversation)", () => {
  const example = page.slice(page.indexOf("```") + 3, page.indexOf("```", page.indexOf("```") + 3)).replaceAll(/\n\s+/g, "");
  const lines = [...example.matchAll(/(client|server) {2}(\{.*?\})(?=client {2}|server {2}|$|\n)/gs)];
  assert.equal(lines.length, 9);
  for (const [, sender = "", text = ""] of lines) {
    const parsed = sender === "client" ? parseClientMessage(text.trim()) : parseServerMessage(text.trim());
    assert.deepEqual(parsed, { ok: true, message: JSON.parse(text) }, text);
  }
});

test("the page names every message type that the code reads, and no other (hub-v1, From the client, From the server)", () => {
  for (const type of fieldsUnder("From the client").keys()) {
    const parsed = parseClientMessage(JSON.stringify({ type, ref: -1 }));
    assert.notEqual(parsed.ok ? undefined : parsed.error.code, "unknown-type", type);
  }
  for (const type of fieldsUnder("From the server").keys()) {
    const parsed = parseServerMessage(JSON.stringify({ type, ref: -1 }));
    assert.notEqual(parsed.ok ? undefined : parsed.error.code, "unknown-type", type);
  }
  assert.equal(fieldsUnder("From the client").size, 12);
  assert.equal(fieldsUnder("From the server").size, 19);
});
