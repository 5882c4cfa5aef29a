// Real programs for the tests, from Debian's packages: unpacked into a cache without root and without starting a daemon,
// or installed (as root) where unpacking is not enough. Announced, and switched off by OPENLINE_NO_INSTALL=1.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { unpackSource } from "./debian-source.mjs";
import { run, say, since } from "./terminal.mjs";

/** Where packages are unpacked. `@openline/testkit` looks for programs in the same place. */
export const cache = join(process.env.OPENLINE_CACHE ?? join(homedir(), ".cache/openline"), "debian");

/** The web platform tests, which no registry has: Firefox's sources bring them. What is wanted is the folder of the WebSockets Standard and its server. */
const webPlatformTests = {
  package: "firefox-esr",
  below: "testing/web-platform",
  parts: [
    "tests/websockets",
    "tests/resources",
    "tests/common",
    "tests/interfaces",
    "tests/fetch/api/resources/stash-*.py",
    "tests/tools/__init__.py",
    "tests/tools/localpaths.py",
    ...["certs", "gitignore", "manifest", "metadata", "serve", "web_features", "wptserve/wptserve"].map((name) => `tests/tools/${name}`),
    ...[
      "atomicwrites",
      "h2/src",
      "hpack/src",
      "html5lib/html5lib",
      "hyperframe/src",
      "pywebsocket3/pywebsocket3",
      "six",
      "webencodings",
    ].map((name) => `tests/tools/third_party/${name}`),
  ],
  // The end of a connection is never seen there, and its thread asks for ever for more: after some the server has no time for anything else.
  mended: { "tests/tools/wptserve/wptserve/server.py": ["if data == '':", "if not data:"] },
};

/**
 * name -> how to get it. `unpack`: packages laid into the cache; `install`: packages that need root (maintainer scripts, fonts, sandbox);
 * `source`: parts of a source package laid into the cache.
 * `file` is a program in one of the folders of programs; `library` is a path below the root of the packages, for what is no program.
 */
export const programs = {
  caddy: { file: "caddy", unpack: ["caddy"] },
  gcc: { file: "gcc", install: ["gcc", "libc6-dev", "zlib1g-dev", "libssl-dev"] },
  chromium: { file: "chromium", install: ["chromium", "fonts-noto-cjk", "fonts-noto-color-emoji"] },
  fish: { file: "fish", install: ["fish"] },
  "firefox-esr": { file: "firefox-esr", install: ["firefox-esr"] },
  go: { file: "go", unpack: ["golang-go"] },
  "gorilla-websocket": { library: "usr/share/gocode/src/github.com/gorilla/websocket", unpack: ["golang-github-gorilla-websocket-dev"] },
  curl: { file: "curl", install: ["curl"] },
  haproxy: { file: "haproxy", unpack: ["haproxy"] },
  kcat: { file: "kcat", unpack: ["kcat"] },
  "nats-server": { file: "nats-server", unpack: ["nats-server"] },
  openssl: { file: "openssl", install: ["openssl"] },
  nginx: { file: "nginx", unpack: ["nginx"] },
  python3: { file: "python3", unpack: ["python3"] },
  "rabbitmq-server": { library: "usr/lib/rabbitmq/bin/rabbitmq-server", unpack: ["rabbitmq-server"] },
  "redis-server": { file: "redis-server", unpack: ["redis-server"] },
  websocketd: { file: "websocketd", unpack: ["websocketd"] },
  zsh: { file: "zsh", install: ["zsh"] },
  "web-platform-tests": { library: "tests/websockets/constants.sub.js", source: webPlatformTests },
  "python3-websockets": { library: "usr/lib/python3/dist-packages/websockets", unpack: ["python3-websockets"] },
};

const folders = ["usr/bin", "usr/sbin", "bin", "sbin"];

/** The path of the program or library on this machine or in the cache, undefined if it is in neither. */
export function locate(name) {
  const { file, library, unpack } = programs[name];
  if (library) return ["/", join(cache, name)].map((place) => join(place, library)).find((path) => existsSync(path));
  const places = (process.env.PATH ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  if (unpack) places.push(...folders.map((folder) => join(cache, name, folder)));
  return places.map((place) => join(place, file)).find((path) => existsSync(path));
}

/**
 * Makes sure that the named programs are there. Resolves with what could not be had: name -> reason. The tests that need one of
 * those skip themselves with the reason; with CI=true a skip is a failure.
 */
export async function ensurePrograms(names) {
  const missing = {};
  for (const name of names) {
    if (locate(name)) continue;
    const reason = await obtain(name);
    if (reason) missing[name] = reason;
  }
  return missing;
}

async function obtain(name) {
  if (process.env.OPENLINE_NO_INSTALL === "1") return `${name} is not installed and OPENLINE_NO_INSTALL=1 forbids to install it`;
  if (!isDebian()) return `${name} is not installed and this is not Debian 12: install it by hand`;
  const { install, unpack, source } = programs[name];
  if (install && process.getuid?.() !== 0) return `${name} is not installed and only root may: apt-get install ${install.join(" ")}`;
  const from = Date.now();
  if (source) {
    say(`fetching the sources of Debian's ${source.package} (0.7 GB, a few minutes) for the part of ${name} that stays in ${cache} …`);
  } else if (install) say(`installing ${install.join(", ")} with apt-get (a minute or so) …`);
  else say(`fetching Debian's ${unpack.join(", ")} into ${cache} …`);
  const reason = await (source ? unpackSource(join(cache, name), source) : obtainPackages(name, install, unpack));
  if (!reason && !locate(name)) return `${name} is still missing after its packages were fetched`;
  if (!reason) say(`${name} is there after ${since(from)}`);
  return reason;
}

async function obtainPackages(name, install, unpack) {
  await refreshLists();
  return install ? aptInstall(install) : unpackInto(name, unpack);
}

function isDebian() {
  return existsSync("/etc/debian_version") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
}

let refreshed = false;
async function refreshLists() {
  if (refreshed || process.getuid?.() !== 0) return;
  refreshed = true;
  await run("apt-get", ["update", "-qq"], { capture: true, timeoutMs: 180_000 });
}

async function aptInstall(packages) {
  const options = ["-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq", "--no-install-recommends"];
  const { code, output } = await run("apt-get", [...options, ...packages], {
    capture: true,
    timeoutMs: 600_000,
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
  return code === 0 ? undefined : `apt-get install ${packages.join(" ")} failed: ${lastLine(output)}`;
}

/** Downloads the packages with those of their dependencies that this machine lacks, and unpacks all into one folder. */
async function unpackInto(name, packages) {
  const plan = await run("apt-get", ["install", "--simulate", "-qq", "--no-install-recommends", ...packages], { capture: true });
  const wanted = [...plan.output.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]);
  if (plan.code !== 0 || wanted.length === 0) return `apt-get knows no way to ${packages.join(", ")}: ${lastLine(plan.output)}`;
  const target = join(cache, name);
  const partial = `${target}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    const download = await run("apt-get", ["download", "-qq", ...wanted], { cwd: partial, capture: true, timeoutMs: 300_000 });
    if (download.code !== 0) return `apt-get download failed: ${lastLine(download.output)}`;
    for (const file of (await readdir(partial)).filter((entry) => entry.endsWith(".deb"))) {
      const { code, output } = await run("dpkg", ["-x", file, "."], { cwd: partial, capture: true });
      if (code !== 0) return `dpkg -x ${file} failed: ${lastLine(output)}`;
      await rm(join(partial, file));
    }
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
    return undefined;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

const lastLine = (text) => text.trim().split("\n").at(-1) ?? "";
