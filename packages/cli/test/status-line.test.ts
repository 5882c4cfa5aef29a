import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusLine } from "../src/status-line.ts";

const said = (isInteractive: boolean): string => {
  let err = "";
  const line = new StatusLine({ out: { write: () => undefined }, err: { write: (text) => (err += text) }, environment: {}, isInteractive });
  line.show("one");
  line.show("two");
  line.clear();
  return err;
};

test("on a terminal a line is written over the one before, and goes at the end; elsewhere nothing is said", () => {
  assert.equal(said(true), "\r\u001b[2Kone\r\u001b[2Ktwo\r\u001b[2K");
  assert.equal(said(false), "");
});
