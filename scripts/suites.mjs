// The test suites, in the order in which they run. CONTRIBUTING.md shows this table; `scripts/contributing.mjs` holds them equal.

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} what what it shows, for people
 * @property {string[]} files globs below the checkout
 * @property {number} minutes its share of the 20 minutes on 2 cores; it is ended when it takes longer than that and what those before it left of theirs
 * @property {boolean} [full] only in `npm run test:full`
 * @property {string[]} [needs] Debian programs (scripts/debian.mjs)
 * @property {number} [concurrency] test files at once, 2 by default
 * @property {Record<string, string>} [env] for the tests of this suite
 * @property {22 | 24 | 26} [node] runs on that Node (scripts/node-versions.mjs) instead of the one that runs the tests
 */

/** What holds the endpoint to its contract, on whichever driver: units, comparison with npm `ws`, conformance cases, fuzzer, floods. */
const onBothDrivers = [
  "packages/ws/test/*.test.ts",
  "packages/ws/test/deflate/*.test.ts",
  "conformance/cases/*.test.ts",
  "conformance/fuzz/*.test.ts",
  "conformance/limits/*.test.ts",
];
/** The browser's classes, which stand on what each Node has of them: `CloseEvent` from 23 on. */
const forPages = ["packages/ws/test/web/*.test.ts", "conformance/web-platform/node.test.ts"];
const portable = { OPENLINE_DRIVER: "portable" };

/** @returns {Suite[]} */
const onNode = (node) => [
  {
    name: `node-${node}`,
    what: `the endpoint on Node ${node}, fast driver: units, cases, fuzzer`,
    files: [...onBothDrivers, ...forPages, "packages/ws/test/fast-driver/*.test.ts"],
    minutes: 2.5,
    full: true,
    node,
  },
  {
    name: `node-${node}-portable`,
    what: `the same with OPENLINE_DRIVER=portable`,
    files: [...onBothDrivers, ...forPages],
    minutes: 2.5,
    full: true,
    node,
    env: portable,
  },
];

/** @type {readonly Suite[]} */
export const suites = [
  { name: "scripts", what: "the house's own scripts", files: ["scripts/test/*.test.mjs"], minutes: 0.25 },
  {
    name: "bench",
    what: "the benchmarks' own parts, and each kind of load once",
    files: ["bench/test/*.test.ts"],
    minutes: 0.6,
    needs: ["gcc", "redis-server"],
    concurrency: 1,
  },
  {
    name: "fuzz",
    what: "the fuzzer with fixed seeds, its corpus, floods, slow readers, resets",
    files: ["conformance/fuzz/*.test.ts", "conformance/limits/*.test.ts"],
    minutes: 0.5,
    concurrency: 1,
  },
  {
    name: "portable",
    what: "the endpoint with OPENLINE_DRIVER=portable: units, cases, fuzzer; on the fast driver the suites around this one run them",
    files: onBothDrivers,
    minutes: 1.25,
    env: portable,
  },
  {
    name: "faults",
    what: "server processes, a real Redis and a real cluster that are killed, stand still, fall back, fail over; openline verify judges",
    files: ["conformance/brokers/*.test.ts", "conformance/faults/*.test.ts"],
    minutes: 1.75,
    needs: ["redis-server"],
  },
  {
    name: "engines",
    what: "NATS, RabbitMQ and Kafka (its mock) that are killed, stand still, fall back, and nodes cut off from them; openline verify judges",
    files: ["conformance/engines/*.test.ts"],
    minutes: 0.75,
    needs: ["redis-server", "nats-server", "rabbitmq-server", "kcat", "nginx"],
  },
  {
    name: "engines-long",
    what: "the whole table of faults and engines, with two seeds, and NATS as a cluster of three whose leader is killed",
    files: ["conformance/engines/full/*.test.ts"],
    minutes: 14,
    full: true,
    needs: ["nats-server", "rabbitmq-server", "kcat"],
    concurrency: 1,
  },
  {
    name: "faults-long",
    what: "each of the faults three times in a row, with three seeds",
    files: ["conformance/faults/full/*.test.ts"],
    minutes: 2,
    full: true,
    needs: ["redis-server"],
  },
  {
    name: "rolling",
    what: "three nodes behind HAProxy on one Redis, restarted one after another under clients",
    files: ["conformance/rolling/*.test.ts"],
    minutes: 0.5,
    needs: ["haproxy", "redis-server"],
  },
  {
    name: "rolling-long",
    what: "the same with 2,000 clients",
    files: ["conformance/rolling/full/*.test.ts"],
    minutes: 4,
    full: true,
    needs: ["haproxy", "redis-server"],
  },
  { name: "packed", what: "the packed tarballs in an empty project", files: ["conformance/packed/*.test.ts"], minutes: 0.5 },
  { name: "cases", what: "our own conformance cases", files: ["conformance/cases/*.test.ts"], minutes: 0.5 },
  { name: "cases-large", what: "conformance cases of 16 MiB", files: ["conformance/cases/full/*.test.ts"], minutes: 1, full: true },
  {
    name: "interop",
    what: "both ways with ws, undici, Python, Go and Chromium",
    files: ["conformance/interop/*.test.ts"],
    minutes: 0.75,
    needs: ["chromium", "go", "gorilla-websocket", "python3-websockets"],
  },
  {
    name: "web-platform",
    what: "the browser's WebSocket: rules of the WebSockets Standard, on our class in Node and on Chromium's own",
    files: ["conformance/web-platform/*.test.ts"],
    minutes: 0.5,
    needs: ["chromium"],
  },
  {
    name: "web-platform-long",
    what: "the web platform tests of the WebSockets Standard, with their own server, on our classes in Node",
    files: ["conformance/web-platform/full/*.test.ts"],
    minutes: 6,
    full: true,
    needs: ["python3", "web-platform-tests"],
    concurrency: 1,
  },
  {
    name: "proxies",
    what: "through real proxies",
    files: ["conformance/proxies/*.test.ts"],
    minutes: 0.5,
    needs: ["caddy", "nginx", "haproxy"],
  },
  {
    name: "dependents",
    what: "programs built on ws, with the endpoint in its place",
    files: ["conformance/dependents/*.test.ts"],
    minutes: 0.75,
    needs: ["chromium"],
  },
  {
    name: "browser",
    what: "the console page in Chromium, under faults too",
    files: ["conformance/browser/*.test.ts"],
    minutes: 1,
    needs: ["chromium", "redis-server"],
    concurrency: 1,
  },
  {
    name: "sdk",
    what: "the client in Chromium, Firefox, Bun and Deno; one connection for all tabs; the hooks for React",
    files: ["conformance/sdk/*.test.ts"],
    minutes: 0.45,
    needs: ["chromium", "firefox-esr"],
  },
  {
    name: "doors",
    what: "other ways into the rooms with their real clients: sockjs-client in Node, through nginx and in Chromium without WebSocket, Scaledrone, curl; two nodes",
    files: ["conformance/doors/*.test.ts"],
    minutes: 1,
    needs: ["chromium", "curl", "nginx", "redis-server"],
  },
  {
    name: "cli",
    what: "the command line for real: the binary, its pages in Chromium, a pseudo-terminal",
    files: ["conformance/cli/*.test.ts"],
    minutes: 0.4,
    needs: ["chromium"],
    concurrency: 3,
  },
  {
    name: "cli-long",
    what: "openline run beside websocketd: the same flags and clients show the same; completions in bash, zsh and fish; bench without ports",
    files: ["conformance/cli/full/*.test.ts"],
    minutes: 1.5,
    full: true,
    needs: ["websocketd", "openssl", "fish", "zsh"],
  },
  // Last, as by far the longest: it has what all others left of their shares.
  {
    name: "units",
    what: "one test file per source file",
    files: ["packages/*/test/**/*.test.ts"],
    minutes: 6,
    needs: ["redis-server", "nats-server", "rabbitmq-server", "kcat", "openssl", "python3"],
  },
  {
    name: "peers-portable",
    what: "interop and dependents with OPENLINE_DRIVER=portable",
    files: ["conformance/interop/*.test.ts", "conformance/dependents/*.test.ts"],
    minutes: 3,
    full: true,
    needs: ["chromium", "go", "gorilla-websocket", "python3-websockets"],
    env: portable,
  },
  ...onNode(22),
  ...onNode(24),
  ...onNode(26),
];

/** Minutes that the checks (format, lint, types, arrows, packages) and the build may take. */
export const checkMinutes = 2;
