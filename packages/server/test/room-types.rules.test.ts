import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { createLog, createServer, type OpenlineServer, refuse, unchecked } from "../src/index.ts";

interface News {
  readonly headline: string;
}

const schemas = {
  "chat:*": v.object({
    text: v.string(),
    sent: v.pipe(
      v.string(),
      v.transform((text) => new Date(text).getTime()),
    ),
  }),
  "private:{user}:*": unchecked<number>(),
  news: unchecked<News>(),
};

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- comparing two such functions is how the compiler compares types exactly
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(...proof: Equal<A, B> extends true ? [] : [never]): void => assert.equal(proof.length, 0);

/** Held by the compiler: `tsc -p tsconfig.tests.json` fails when a line is wrong, or when a line that must fail does not. */
function typesOf(server: OpenlineServer<typeof schemas>, plain: OpenlineServer): void {
  const chat = server.room("chat:7");
  same<Parameters<typeof chat.publish>[0], { text: string; sent: string }>();
  same<NonNullable<Awaited<ReturnType<typeof chat.history>>>["messages"][number]["data"], { text: string; sent: number }>();
  const news = server.room("news");
  same<Parameters<typeof news.publish>[0], News>();
  const secret = server.room("private:ada:1");
  same<Parameters<typeof secret.publish>[0], number>();
  const other = server.room("anything");
  same<Parameters<typeof other.publish>[0], unknown>();
  const untyped = plain.room("chat:7");
  same<Parameters<typeof untyped.publish>[0], unknown>();
  // @ts-expect-error the chat's messages have a text
  void chat.publish({ txt: "x" });
  // @ts-expect-error news have headlines, not numbers
  void news.publish(7);
  server.hook("chat:*", {
    beforePublish: ({ data }) => {
      same<typeof data, { text: string; sent: number }>();
      return data.text === "" ? refuse("empty") : undefined;
    },
    afterPublish: ({ data, room }) => {
      same<typeof data.sent, number>();
      same<typeof room, string>();
    },
  });
  server.hook("news", { beforePublish: ({ data }) => ({ data: { headline: data.headline.trim() } }) });
  // @ts-expect-error what a hook makes of the data must be the room's
  server.hook("news", { beforePublish: () => ({ data: 7 }) });
  // @ts-expect-error there is no such hook
  server.hook({ beforeLunch: () => undefined });
}

test("rooms and messages are typed by the schemas of their patterns, and held to them", async (t) => {
  const server = createServer({ schemas, port: 0, log: createLog({ level: "silent" }) });
  t.after(() => server.close());
  assert.equal(typeof typesOf, "function");
  // @ts-expect-error the compiler says it as well
  const refused = await server.room("chat:7").publish({ text: 1 });
  assert.equal(refused.outcome, "rejected");
  await server.room("chat:7").publish({ text: "你好", sent: "2026-01-01T00:00:00Z" });
  const history = await server.room("chat:7").history();
  assert.deepEqual(history?.messages[0]?.data, { text: "你好", sent: 1_767_225_600_000 });
});
