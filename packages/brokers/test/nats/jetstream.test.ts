import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noNats, type ServerProcess, startNats } from "@openline/testkit";
import { JetStream, JetStreamError, readAnswer, type StreamConfig } from "../../src/nats/jetstream.ts";
import { natsSession } from "../support/nats-session.ts";

const skip = noNats === undefined ? {} : { skip: noNats };
let server: ServerProcess;

before(async () => {
  if (noNats === undefined) server = await startNats();
});
after(async () => await server?.stop());

const config: StreamConfig & { subjects: string[] } = {
  name: "S",
  description: "",
  subjects: ["s.>"],
  max_msgs_per_subject: 1_000,
  max_age: 0,
  duplicate_window: 1e9,
};

test("a stream is made, changed, read by page, and let go of", skip, async (t) => {
  const { session } = await natsSession(t, server.port);
  const api = new JetStream(session);
  await assert.rejects(api.info("S"), { name: "JetStreamError", code: 10059 });
  await api.create(config);
  for (let index = 1; index <= 300; index++) await session.request(`s.${index % 2}`, String(index));
  const page = await api.page("S", "s.1", 100, 1_000, 1_000);
  assert.deepEqual([page.length, page[0], page.at(-1)], [100, { seq: 101, text: "101" }, { seq: 299, text: "299" }]);
  assert.deepEqual(
    (await api.page("S", "s.1", 100, 2, 1_000)).map(({ seq }) => seq),
    [101, 103],
  );
  assert.deepEqual(await api.page("S", "s.1", 300, 10, 1_000), []);
  assert.deepEqual(await api.message("S", { last_by_subj: "s.1" }), { seq: 299, text: "299" });
  assert.deepEqual(await api.message("S", { seq: 2, next_by_subj: "s.1" }), { seq: 3, text: "3" });
  assert.equal(await api.message("S", { seq: 301 }), undefined);
  assert.deepEqual([...(await api.subjects("S", "s.>"))].toSorted(), [
    ["s.0", 150],
    ["s.1", 150],
  ]);
  const { config: now } = await api.info("S");
  assert.equal((await api.update({ ...now, max_msgs_per_subject: 2_000 })).config.max_msgs_per_subject, 2_000);
  await api.purge("S", 200);
  const { state } = await api.info("S");
  assert.deepEqual([state.first_seq, state.last_seq], [200, 300]);
});

test("an answer that is an error is thrown with its code", () => {
  assert.throws(
    () => readAnswer('{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}'),
    new JetStreamError(10077, "maximum bytes exceeded"),
  );
  assert.throws(() => readAnswer("null"), /JetStream answered null/);
  assert.deepEqual(readAnswer('{"seq":1}'), { seq: 1 });
});
