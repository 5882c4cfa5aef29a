import type { Script, Seen } from "../script.ts";

/**
 * Runs a script on a browser's `WebSocket` class. Its text is also sent into a page: it uses nothing but its arguments and the DOM.
 * `more` does what the browser's interface has no name for.
 */
export async function runInBrowser(
  WebSocketClass: typeof WebSocket,
  { url, steps }: Script,
  more?: (socket: WebSocket, saw: (seen: Seen) => void) => { ping(data: string): void },
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const waiting: { seen: string; go: () => void }[] = [];
  const unclaimed: string[] = [];
  const saw = (what: Seen): void => {
    seen.push(what);
    const index = waiting.findIndex((one) => one.seen === what.seen);
    if (index >= 0) waiting.splice(index, 1)[0]?.go();
    else unclaimed.push(what.seen);
  };
  const next = (name: string): Promise<void> => {
    const index = unclaimed.indexOf(name);
    if (index >= 0) unclaimed.splice(index, 1);
    return index >= 0 ? Promise.resolve() : new Promise((resolve) => waiting.push({ seen: name, go: resolve }));
  };
  const toBase64 = (bytes: Uint8Array): string => {
    let text = "";
    for (let start = 0; start < bytes.length; start += 8192) text += String.fromCharCode(...bytes.subarray(start, start + 8192));
    return btoa(text);
  };
  const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));

  const socket = new WebSocketClass(url);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const binary = typeof data !== "string";
    saw({ seen: "message", binary, data: toBase64(binary ? new Uint8Array(data) : new TextEncoder().encode(data)) });
  });
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      saw({ seen: "close", code, reason, clean: wasClean });
      resolve();
    });
  });
  const opened = new Promise<void>((resolve) => {
    socket.addEventListener("open", () => resolve());
  });
  await Promise.race([opened, closed]);
  seen.unshift({ seen: "open", extensions: socket.extensions });
  const extra = more?.(socket, saw);
  for (const step of steps) {
    if (step.do === "await") await next(step.seen);
    else if (step.do === "close") socket.close(step.code, step.reason);
    else if (step.do === "ping") extra?.ping(step.data);
    else {
      const bytes = fromBase64(step.parts.join("")); // one part: browsers send no fragments
      socket.send(step.binary ? bytes : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }
  }
  await closed;
  return seen;
}
