import assert from "node:assert/strict";
import { test } from "node:test";
import { continuation } from "../src/recovery.ts";
import { SharedPages } from "../src/shared-pages.ts";
import { outgoing } from "../src/transport.ts";
import { at, page, run } from "./support/messages.ts";

function pagesOf(last: number) {
  const reads: number[] = [];
  const composed: number[] = [];
  const kept = run(1, last);
  const history = {
    after: async (position: ReturnType<typeof at>, limit: number) => {
      reads.push(position.offset);
      const messages = kept.slice(Math.max(0, position.offset - 1)).slice(0, limit + 1);
      const read = page(messages, at(last));
      return { page: read, missed: continuation(read, position) };
    },
  };
  const pages = new SharedPages(
    history,
    (message) => {
      composed.push(message.position.offset);
      return outgoing(message.content);
    },
    () => {},
  );
  return { pages, reads, composed };
}

test("contract 8: readers that come at once share one read, and each message becomes text once", async () => {
  const { pages, reads, composed } = pagesOf(200);
  const readers = Array.from({ length: 100 }, (_, index) => at(100 + (index % 50)));
  const shared = await Promise.all(readers.map((position) => pages.after(position)));
  assert.deepEqual(reads, [100]);
  for (const [index, one] of shared.entries()) {
    const place = one?.placeAfter(readers[index] ?? at(0)) ?? -1;
    const message = one?.messages[place];
    assert.equal(message?.position.offset, (readers[index]?.offset ?? 0) + 1);
    if (message !== undefined) one?.text(place, message);
  }
  assert.equal(composed.length, 50);
});

test("contract 8: readers far apart are each brought on, by few reads", async () => {
  const { pages, reads } = pagesOf(3_000);
  const readers = Array.from({ length: 300 }, (_, index) => at(index * 10));
  const shared = await Promise.all(readers.map((position) => pages.after(position)));
  for (const [index, one] of shared.entries()) assert.ok((one?.placeAfter(readers[index] ?? at(0)) ?? -1) >= 0);
  assert.ok(reads.length <= 13, reads.join());
});

test("contract 2: who stands at another history gets no page, and does not keep the others from theirs", async () => {
  const { pages } = pagesOf(20);
  const [foreign, forged, good, top] = await Promise.all([
    pages.after(at(3, "t3", "other")),
    pages.after(at(4, "forged")),
    pages.after(at(5)),
    pages.after(at(20)),
  ]);
  assert.deepEqual([foreign, forged], [undefined, undefined]);
  assert.equal(good?.placeAfter(at(5)), 0);
  assert.deepEqual([top?.messages, top?.placeAfter(at(20))], [[], -1]);
});

test("a page is kept for who comes later, until nobody is behind", async () => {
  const { pages, reads } = pagesOf(50);
  await pages.after(at(10));
  await pages.after(at(30));
  assert.deepEqual(reads, [10]);
  pages.clear();
  await pages.after(at(30));
  assert.deepEqual(reads, [10, 30]);
});
