import assert from "node:assert/strict";
import { test } from "node:test";
import { duplexPair, settle } from "@openline/testkit";
import { type DriverOwner, Write } from "../src/driver.ts";
import { StreamDriver } from "../src/stream-driver.ts";

class Recorder implements DriverOwner {
  readonly events: string[] = [];
  received(chunk: Uint8Array): void {
    this.events.push(`received ${Buffer.from(chunk).toString()}`);
  }
  written(bytes: number): void {
    this.events.push(`written ${bytes}`);
  }
  ended(): void {
    this.events.push("ended");
  }
  closed(error: Error | undefined): void {
    this.events.push(`closed ${error?.message ?? "without error"}`);
  }
}

/** Two ends; what the far one suffers when the near one is dropped is not the matter here. */
function pair(): ReturnType<typeof duplexPair> {
  const ends = duplexPair();
  ends[1].on("error", () => undefined);
  return ends;
}

async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await settle();
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test("several segments leave as one write, and are reported when they were taken", async () => {
  const [near, far] = pair();
  const owner = new Recorder();
  const driver = new StreamDriver(near);
  driver.attach(owner);
  far.resume();
  assert.equal(driver.write([bytes("one "), bytes("two "), bytes("three")], 13), Write.Pending);
  assert.equal(driver.pendingBytes, 13);
  await turns();
  assert.deepEqual(near.written.map(String), ["one two three"]);
  assert.deepEqual(owner.events, ["written 13"]);
  assert.equal(driver.pendingBytes, 0);
});

test("nothing is read before start(); what came with the handshake comes first", async () => {
  const [near, far] = pair();
  const owner = new Recorder();
  const driver = new StreamDriver(near);
  driver.attach(owner);
  far.write("later");
  await turns();
  assert.deepEqual(owner.events, []);
  driver.start(bytes("head"));
  await turns();
  assert.deepEqual(owner.events, ["received head", "received later"]);
});

test("between pause() and resume() nothing is read", async () => {
  const [near, far] = pair();
  const owner = new Recorder();
  const driver = new StreamDriver(near);
  driver.attach(owner);
  driver.start(new Uint8Array(0));
  await turns();
  driver.pause();
  far.write("held");
  await turns();
  assert.deepEqual(owner.events, []);
  driver.resume();
  await turns();
  assert.deepEqual(owner.events, ["received held"]);
});

test("both ends finish: ended, then closed without error", async () => {
  const [near, far] = pair();
  const owner = new Recorder();
  const driver = new StreamDriver(near);
  driver.attach(owner);
  driver.start(new Uint8Array(0));
  far.end();
  await turns();
  assert.deepEqual(owner.events, ["ended"]);
  driver.end();
  await turns();
  assert.deepEqual(owner.events, ["ended", "closed without error"]);
});

test("a reset by the peer is reported once and throws nowhere", async () => {
  const [near, far] = pair();
  const owner = new Recorder();
  new StreamDriver(near).attach(owner);
  far.destroy();
  await turns();
  assert.deepEqual(owner.events, ["closed read ECONNRESET"]);
});

test("abort() drops the transport; a write afterwards is never reported as written", async () => {
  const [near] = pair();
  const owner = new Recorder();
  const driver = new StreamDriver(near);
  driver.attach(owner);
  driver.abort();
  assert.equal(driver.write([bytes("lost")], 4), Write.Pending);
  await turns();
  assert.deepEqual(owner.events, ["closed without error"]);
});

test("a stream that was closed before says so all the same", async () => {
  const [near] = pair();
  near.destroy();
  await turns();
  const owner = new Recorder();
  new StreamDriver(near).attach(owner);
  await turns();
  assert.deepEqual(owner.events, ["closed without error"]);
});
