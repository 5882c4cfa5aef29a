import type { PageResult } from "./wpt-run.ts";

/** Pages that ask for what a program has not, by the beginning of their path: what they ask for. They are not run. */
export const notApplicable: Readonly<Record<string, string>> = {
  "/websockets/Create-on-worker-shutdown.": "the class Worker of pages",
  "/websockets/back-forward-cache-": "documents that are left and come back to",
  "/websockets/constructor/006.html": "an element of a document",
  "/websockets/cookies/": "a document's cookies",
  "/websockets/interfaces/WebSocket/events/003.html": "document.createEvent",
  "/websockets/interfaces/WebSocket/events/007.html": "document.createEvent",
  "/websockets/interfaces/WebSocket/events/008.html": "document.createEvent",
  "/websockets/interfaces/WebSocket/events/009.html": "document.createEvent",
  "/websockets/interfaces/WebSocket/events/019.html": "document.createEvent",
  "/websockets/interfaces/WebSocket/send/010.html": "document.body",
  "/websockets/mixed-content.https.": "a secure context, whose scripts may make no insecure connection",
  "/websockets/multi-globals/": "documents in frames",
  "/websockets/remove-own-iframe-during-onerror.": "documents in frames",
  "/websockets/security/002.html": "what XMLHttpRequest may send, and no WebSocket",
  "/websockets/unload-a-document/": "documents that are left",
};

const theirServer = "over HTTP/2 the tests' server never opens a stream's window again, nor ends a stream; Chromium fails it too";

/** Subtests that fail, by the page's path with or without its variant and the name, or by the path alone for all of its subtests: the reason. */
const failing: Readonly<Record<string, string>> = {
  "/websockets/Create-protocols-repeated-case-insensitive.any.html":
    "the standard compares subprotocols as they are (WebSockets §3.1); Chromium and Firefox fail it too",
  "/websockets/opening-handshake/001.html?wpt_flags=h2":
    "Node's HTTP/2 lets a session be, without a word to its owner, when data comes before the answer",
  "/websockets/send-many-64K-messages-with-backpressure.any.html?wpt_flags=h2": theirServer,
  "/websockets/stream/tentative/backpressure-receive.any.html?wpt_flags=h2":
    "where the window is full the tests' server sends empty frames without end: Node takes it for an attack (CVE-2019-9518)",
  "/websockets/stream/tentative/backpressure-send.any.html?wpt_flags=h2": theirServer,
  "/websockets/stream/tentative/remote-close.any.html?wpt_flags=h2 abrupt close should give an error": theirServer,
  "/websockets/stream/tentative/remote-close.any.html (the harness)":
    "an assertion that nobody waits for wants the class WebSocketError to inherit from Error, which no DOMException does; so in Chromium",
  ...(Reflect.has(globalThis, "Float16Array")
    ? {}
    : { "/websockets/Send-binary-arraybufferview-float16.any.html": "this Node has no Float16Array" }),
};

/** Why the page is not run; undefined for one that is. */
export function whyNotRun(path: string): string | undefined {
  return Object.entries(notApplicable).find(([beginning]) => path.startsWith(beginning))?.[1];
}

/** What is not as it is expected to be, as lines for people. */
export function unexpectedOf({ page, fault, subtests }: PageResult): readonly string[] {
  const path = page.path.split("?", 1)[0] ?? "";
  // A harness that came to no end says so of a subtest too, mostly.
  const isHarnessAlone = fault !== "" && subtests.every((one) => one.fault === "");
  return [...subtests, ...(isHarnessAlone ? [{ name: "(the harness)", fault }] : [])].flatMap((one) => {
    const reason = [page.path, path].flatMap((place) => failing[`${place} ${one.name}`] ?? failing[place] ?? [])[0];
    if (reason === undefined) return one.fault === "" ? [] : [`${page.path} ${one.name}: ${one.fault}`];
    return one.fault === "" ? [`${page.path} ${one.name}: passes, although ${reason}`] : [];
  });
}
