// puppeteer-core 24 leads Debian's Chromium over its debugging WebSocket; the path to Chromium is the argument.
import { createHash } from "node:crypto";
import { once } from "node:events";
import puppeteer from "puppeteer-core";
import { WebSocketServer } from "ws";
import { tell } from "./facts.mjs";

const digest = (text) => createHash("sha256").update(text).digest("hex");
const browser = await puppeteer.launch({
  executablePath: process.argv[2],
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
  pipe: false,
});
const endpoint = browser.wsEndpoint();
const page = await browser.newPage();
await page.setContent("<title>标题 🎉</title><p id=text>hello..</p><button onclick=\"text.textContent = 'clicked'\">go</button>");
const title = await page.title();
await page.click("button");
const text = await page.$eval("#text", (element) => element.textContent);

const long = "汉字🎉".repeat(200_000);
const returned = await page.evaluate((given) => given + given, long);
const shot = await page.screenshot({ fullPage: true });
const errors = [];
await page
  .evaluate(() => {
    throw new TypeError("thrown in the page");
  })
  .catch((error) => errors.push(error.message.split("\n")[0]));

// The page's own WebSocket to a server of the endpoint.
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
await once(server, "listening");
const echoed = await page.evaluate(
  (port) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      socket.addEventListener("open", () => socket.send("hello.."));
      socket.addEventListener("message", ({ data }) => resolve(data));
      socket.addEventListener("error", () => reject(new Error("the page's socket failed")));
    }),
  server.address().port,
);

const second = await puppeteer.connect({ browserWSEndpoint: endpoint });
const pages = (await second.pages()).length;
await second.disconnect();
const lost = once(browser, "disconnected");
await browser.close();
await lost;
for (const socket of server.clients) socket.terminate();
server.close();
tell({ title, text, long: digest(returned) === digest(long + long), image: shot.length > 1000, errors, echoed, pages: pages >= 1 });
