// What the worker thread of one page does: it is made into a global scope of a browser as far as the tests need one, and runs the page's scripts.
import { spawnSync } from "node:child_process";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { runInThisContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";

const { server, isHttp2 } = workerData;
const page = new URL(workerData.page);
const isWorkerScope = page.pathname.endsWith(".worker.js");

// What /etc/hosts would say for the tests: their names lead to this machine, except those that must not exist.
const isOfTests = (name) => /(^|\.)(not-)?web-platform\.test$/.test(name) && !name.startsWith("nonexistent.");
const own = { address: "127.0.0.1", family: 4 };
const { lookup, promises } = dns;
const lookupPromise = promises.lookup;
promises.lookup = async (name, options) => (isOfTests(name) ? (options?.all ? [own] : own) : lookupPromise(name, options));
dns.lookup = (name, options, done) => {
  if (!isOfTests(name)) return lookup(name, options, done);
  process.nextTick(() => (options.all ? done(null, [own]) : done(null, own.address, own.family)));
};
syncBuiltinESMExports();

const { CloseEvent, setEnvironment, WebSocket, WebSocketError, WebSocketStream } = await import("@openline/ws/web");
// The certificate of the tests is of their own making. Chromium, too, waits 2 s for an answer to a close frame.
setEnvironment({ baseUrl: page.href, client: { rejectUnauthorized: false, http2: isHttp2, closeTimeout: 2_000 } });

/** Blocks, as the tests of it want it. */
class XMLHttpRequest {
  open(_method, url) {
    this.url = new URL(url, `${server}${page.pathname}`).href;
  }
  send() {
    spawnSync(process.execPath, ["-e", `fetch(${JSON.stringify(this.url)}).then((answer) => answer.text())`]);
  }
}

/** Takes relative addresses too. */
const { fetch } = globalThis;
const fetchOfPage = (address, options) => fetch(new URL(address, `${server}${page.pathname}`), options);

const events = new EventTarget();
const scope = {
  WebSocket,
  CloseEvent,
  WebSocketStream,
  WebSocketError,
  XMLHttpRequest,
  fetch: fetchOfPage,
  self: globalThis,
  location: page,
  origin: page.origin,
  GLOBAL: { isWindow: () => !isWorkerScope, isWorker: () => isWorkerScope, isShadowRealm: () => false },
  addEventListener: events.addEventListener.bind(events),
  removeEventListener: events.removeEventListener.bind(events),
  ...(isWorkerScope ? {} : { window: globalThis, Window: Object.getPrototypeOf(globalThis).constructor }),
};
for (const [name, value] of Object.entries(scope)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

/** An error that nothing caught, as the event that the harness looks for. */
function report(type, key, error) {
  const event = Object.assign(new Event(type, { cancelable: true }), { [key]: error, message: String(error?.message ?? error) });
  events.dispatchEvent(event);
}
process.on("uncaughtException", (error) => report("error", "error", error));
process.on("unhandledRejection", (error) => report("unhandledrejection", "reason", error));

async function textOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  const charset = /charset=["']?windows-1252/i;
  const bytes = await answer.arrayBuffer();
  const text = new TextDecoder().decode(bytes);
  return charset.test(text) ? new TextDecoder("windows-1252").decode(bytes) : text;
}

/** The page's scripts in their order: all are there before the first runs, since the harness takes a turn of the event loop for the page's end. */
async function scriptsOf(address) {
  const text = await textOf(address);
  if (isWorkerScope) return [{ address, text: await importing(address, text) }];
  globalThis.META_TITLE = /<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? "";
  return Promise.all(
    [...text.matchAll(/<script([^>]*)>([^]*?)<\/script>/gi)].map(async ([, attributes, inline]) => {
      const source = /src=["']?([^"'\s>]+)/.exec(attributes)?.[1];
      if (source === undefined) return { address, text: inline };
      const from = new URL(source, address).href;
      return { address: from, text: await textOf(from) };
    }),
  );
}

/** `importScripts` of a worker's script: what it names is fetched before. */
async function importing(address, text) {
  const found = [...text.matchAll(/importScripts\(["']([^"']+)["']\)/g)].map((match) => match[1]);
  const texts = new Map(await Promise.all(found.map(async (name) => [name, await textOf(new URL(name, address).href)])));
  globalThis.importScripts = (name) => runInThisContext(texts.get(name), { filename: name });
  return text;
}

const scripts = await scriptsOf(`${server}${page.pathname}${page.search}`);
for (const { address, text } of scripts) {
  try {
    runInThisContext(text, { filename: address });
  } catch (error) {
    report("error", "error", error);
  }
  if (address.endsWith("/testharness.js")) listen();
}
if (isWorkerScope) listen();
// When the time is over, the harness says so for each test that is not.
parentPort.once("message", () => globalThis.timeout());

function listen() {
  globalThis.add_completion_callback((tests, { status, message }) => {
    const subtests = tests.map((one) => ({ name: one.name, status: one.status, message: one.message ?? "" }));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
    parentPort.postMessage({ status, message: message ?? "", subtests });
  });
}
