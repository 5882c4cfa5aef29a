import assert from "node:assert/strict";
import { test } from "node:test";
import { hostOf, postSigned } from "../../src/webhooks/http-post.ts";
import { startBackend } from "./backend-fixture.ts";

const post = { secret: undefined, id: "e1", body: "{}", timeoutMs: 10_000, answerBytes: 10 };

test("the answer's status, its text up to the limit, and the wait that it asks for", async (t) => {
  const backend = await startBackend(t);
  backend.answer = (_call, response) => void response.writeHead(503, { "retry-after": "7" }).end("123456789012345");
  assert.deepEqual(await postSigned({ ...post, url: backend.url }), {
    status: 503,
    text: "1234567890",
    isCut: true,
    retryAfterMs: 7000,
  });
  assert.equal(backend.calls[0]?.headers["content-type"], "application/json");
  assert.equal(backend.calls[0]?.headers["webhook-signature"], undefined, "without a secret nothing is signed");
});

test("an endless answer is given up at the limit", async (t) => {
  const backend = await startBackend(t);
  backend.answer = (_call, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  };
  assert.equal((await postSigned({ ...post, url: backend.url })).isCut, true);
});

test("a redirect is not followed", async (t) => {
  const [backend, other] = [await startBackend(t), await startBackend(t)];
  backend.answer = (_call, response) => void response.writeHead(307, { location: other.url }).end();
  assert.equal((await postSigned({ ...post, url: backend.url })).status, 307);
  assert.equal(other.calls.length, 0);
});

test("what takes too long, and what nobody listens to, is an error with the host and without the address's secrets", async (t) => {
  const backend = await startBackend(t);
  backend.answer = () => undefined;
  await assert.rejects(postSigned({ ...post, url: `${backend.url}?key=secret`, timeoutMs: 50 }), (error: Error) => {
    assert.match(error.message, /127\.0\.0\.1:\d+ did not answer within 50 ms/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  await backend.close();
  await assert.rejects(postSigned({ ...post, url: `${backend.url}?key=secret` }), /127\.0\.0\.1:\d+ cannot be asked: .*ECONNREFUSED/);
});

test("a body that never ends counts against the time as well", async (t) => {
  const backend = await startBackend(t);
  backend.answer = (_call, response) => void response.write("x");
  await assert.rejects(postSigned({ ...post, url: backend.url, timeoutMs: 100 }), /did not answer within 100 ms/);
});

test("the host of what is no address is not shown", () => assert.equal(hostOf("x"), "the address"));
