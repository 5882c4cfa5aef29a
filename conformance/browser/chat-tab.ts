import assert from "node:assert/strict";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

const patienceMs = 60_000;

/** A notice about a return, as the page shows it. */
export interface Notice {
  readonly recovered: string | undefined;
  readonly replay: string | undefined;
  readonly position: string | undefined;
  readonly text: string;
}

/** One person's browser with the page in it: own storage, own network. */
export class ChatTab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page: thrown errors, errors on the console, violations of the content security policy. */
  readonly faults: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(patienceMs);
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      // Chromium itself reports a connection that fails while the network or the server is away; that is what the tests are about.
      if (message.type() === "error" && !/WebSocket connection to|ERR_INTERNET_DISCONNECTED/.test(message.text()))
        this.faults.push(message.text());
    });
  }

  static async open(browser: Browser, url: string): Promise<ChatTab> {
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1100, height: 700 } });
    const tab = new ChatTab(context, await context.newPage());
    await tab.page.goto(url);
    return tab;
  }

  /** Opens the page and goes through its door. */
  static async enter(browser: Browser, url: string, name: string, room: string): Promise<ChatTab> {
    const tab = await ChatTab.open(browser, url);
    await tab.join(name, room);
    return tab;
  }

  async join(name: string, room: string): Promise<void> {
    await this.at("name").fill(name);
    await this.at("room").fill(room);
    await this.at("enter").click();
    await this.connected();
    await this.at("member").first().waitFor();
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  async connected(): Promise<void> {
    await this.line("connected");
  }

  async line(state: string): Promise<void> {
    await this.page.locator(`#connection[data-state="${state}"]`).waitFor();
  }

  async say(text: string): Promise<void> {
    await this.at("text").fill(text);
    await this.at("text").press("Enter");
  }

  /** The words of all settled messages, in their order on the screen. */
  async messages(): Promise<string[]> {
    return this.page.getByTestId("messages").getByTestId("message-text").allTextContents();
  }

  async members(): Promise<string[]> {
    return this.page.getByTestId("member").locator("bdi").allTextContents();
  }

  /** Waits until exactly these messages are on the screen, and none of one's own is on its way. */
  async shows(expected: readonly string[]): Promise<void> {
    await settles(() => this.messages(), expected);
    assert.equal(await this.at("outgoing-message").count(), 0, "nothing is left on its way");
  }

  async showsMembers(expected: readonly string[]): Promise<void> {
    await settles(() => this.members(), expected);
  }

  /** Waits for the `n`th notice about a return, counted from 0. */
  async notice(n: number): Promise<Notice> {
    const notice = this.at("notice").nth(n);
    await notice.waitFor();
    const read = (name: string): Promise<string | null> => notice.getAttribute(`data-${name}`);
    const [recovered, replay, position, text] = await Promise.all([
      read("recovered"),
      read("replay"),
      read("position"),
      notice.innerText(),
    ]);
    return { recovered: recovered ?? undefined, replay: replay ?? undefined, position: position ?? undefined, text };
  }

  /** Closes the browser's window. @throws AssertionError when something went wrong in the page meanwhile. */
  async close(): Promise<void> {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}

/** Waits until `read` gives `expected`; when it does not within the time, fails with what it gave last. */
export async function settles<T>(read: () => Promise<T>, expected: T, withinMs: number = patienceMs): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const actual = await read();
    try {
      return assert.deepEqual(actual, expected);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
