import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Window } from "happy-dom";
import type { ReactElement } from "react";
import type { Container } from "react-dom/client";
import type { HubClient } from "../src/client.ts";
import type { RoomOfHook } from "../src/react.ts";
import { HubNetwork } from "./hub-network.ts";

// React looks for its page when it is loaded.
const window = new Window();
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
if (!("navigator" in globalThis)) Object.assign(globalThis, { navigator: window.navigator });
after(() => window.close());
const { act, createElement: h, startTransition, StrictMode, useState } = await import("react");
const { createRoot, hydrateRoot } = await import("react-dom/client");
const { renderToString } = await import("react-dom/server");
const { OpenlineProvider, useClient, useConnectionState, useRoom } = await import("../src/react.ts");

/** A page over a real hub: what it shows, and what its client sent. */
class Page {
  /** What the hub was asked to join. */
  readonly joins: string[] = [];
  readonly network: HubNetwork = new HubNetwork({
    observe: (activity) => {
      if (activity.type === "join") this.joins.push(activity.room);
    },
  });
  readonly made: HubClient[] = [];
  readonly element = window.document.createElement("div");
  #root: ReturnType<typeof createRoot> | undefined;

  readonly client = (): HubClient => {
    const client = this.network.client(`c${this.made.length}`, { user: "Ada" });
    this.made.push(client);
    return client;
  };

  async show(child: ReactElement): Promise<void> {
    await act(async () => {
      this.#root ??= createRoot(this.element as unknown as Container);
      this.#root.render(child);
      await Promise.resolve();
    });
    await this.wait(100);
  }

  async hydrate(child: ReactElement): Promise<void> {
    await act(async () => {
      this.element.innerHTML = renderToString(child);
      this.#root = hydrateRoot(this.element as unknown as Container, child, { onRecoverableError: assert.fail });
      await Promise.resolve();
    });
  }

  async wait(ms: number): Promise<void> {
    await act(async () => {
      await this.network.clock.advanceAsync(ms);
    });
  }

  async close(): Promise<void> {
    await act(async () => {
      this.#root?.unmount();
      await Promise.resolve();
    });
    await this.wait(100);
  }

  get text(): string {
    return this.element.textContent ?? "";
  }
}

let lobby: RoomOfHook<string> | undefined;

function Lobby({ room = "lobby" }: { readonly room?: string }): ReactElement {
  const state = useConnectionState();
  lobby = useRoom<string>(room, { presence: true });
  return h("p", null, `${state} ${lobby.state} ${lobby.messages.map(({ data }) => data).join(",")} ${lobby.memberCount}`);
}

const membersOf = async (page: Page): Promise<number> => (await page.network.hub.presence("lobby")).members.length;

for (const strict of [false, true]) {
  test(`${strict ? "StrictMode: " : ""}a room is joined once, shows what comes, and is left with the last component that shows it`, async () => {
    const page = new Page();
    const news: string[] = [];
    const watcher = page.network.client("watcher", { user: "watcher" }).join("lobby", { presence: true });
    watcher.on("member-joined", ({ user }) => news.push(`+${user}`));
    watcher.on("member-left", ({ user }) => news.push(`-${user}`));
    const tree = (count: number): ReactElement => {
      const all = Array.from({ length: count }, (_, key) => h(Lobby, { key }));
      const app = h(OpenlineProvider, { client: page.client }, all);
      return strict ? h(StrictMode, null, app) : app;
    };
    await page.show(tree(2));
    assert.equal(page.text, "connected joined  2connected joined  2");
    await act(async () => {
      const ended = lobby?.publish("hello");
      await page.network.clock.advanceAsync(100);
      assert.equal(typeof (await ended)?.position, "string");
    });
    assert.equal(page.text, "connected joined hello 2connected joined hello 2");
    await page.show(tree(1));
    assert.equal(page.text, "connected joined hello 2");
    assert.deepEqual([await membersOf(page), news], [2, ["+Ada"]]);
    await page.show(tree(0));
    assert.deepEqual([await membersOf(page), news], [1, ["+Ada", "-Ada"]]);
    await page.close();
    assert.ok(page.made.every(({ state }) => state === "closed"));
    assert.equal(page.network.hub.connectionCount, 1);
  });
}

test("joins reach the server once under StrictMode, and the client that StrictMode made in vain has connected nowhere", async () => {
  const page = new Page();
  await page.show(h(StrictMode, null, h(OpenlineProvider, { client: page.client }, h(Lobby), h(Lobby))));
  assert.deepEqual(
    page.made.map(({ state }) => state),
    ["closed", "connected"],
  );
  assert.equal(page.joins.length, 1);
  await page.close();
});

test("a client that is given stays open when the provider goes", async () => {
  const page = new Page();
  const client = page.client();
  await page.show(h(OpenlineProvider, { client }, h(Lobby)));
  assert.equal(page.text, "connected joined  1");
  await page.close();
  assert.deepEqual([client.state, await membersOf(page)], ["connected", 0]);
});

test("another name is another room: the one before is left", async () => {
  const page = new Page();
  const client = page.client();
  await page.show(h(OpenlineProvider, { client }, h(Lobby)));
  await page.show(h(OpenlineProvider, { client }, h(Lobby, { room: "other" })));
  assert.deepEqual([page.text, await membersOf(page)], ["connected joined  1", 0]);
  await page.close();
});

test("a server renders without a WebSocket and without making a client, and the browser takes its page over", async () => {
  const page = new Page();
  const tree = h(OpenlineProvider, { client: page.client }, h(Lobby));
  assert.equal(renderToString(tree), "<p>idle idle  0</p>");
  assert.equal(page.made.length, 0);
  await page.hydrate(tree);
  await page.wait(100);
  assert.equal(page.text, "connected joined  1");
  await page.close();
});

test("without a provider's client a room is idle and publishing rejects with not-connected", async () => {
  const page = new Page();
  await page.show(h(Lobby));
  assert.equal(page.text, "idle idle  0");
  await assert.rejects(Promise.resolve(lobby?.publish("x")), { code: "not-connected" });
  await page.close();
});

test("in a transition all components show the same message: none is torn (useSyncExternalStore)", async () => {
  const page = new Page();
  const client = page.client();
  const seen = new Set<string>();
  let more = (): void => undefined;
  function Row(): ReactElement {
    const { messages } = useRoom<number>("lobby");
    // A slow row gives the room time to go on in the middle of a render.
    for (const until = performance.now() + 0.2; performance.now() < until; );
    return h("i", null, String(messages.length));
  }
  function Rows(): ReactElement {
    const [count, setCount] = useState(1);
    more = () => {
      startTransition(() => {
        setCount(50);
      });
    };
    return h("b", null, ...Array.from({ length: count }, (_, key) => h(Row, { key })));
  }
  await page.show(h(OpenlineProvider, { client }, h(Rows)));
  await act(async () => {
    more();
    for (let n = 0; n < 20; n++) {
      void client.publish("lobby", n);
      await page.network.clock.advanceAsync(10);
      seen.add([...new Set(Array.from(page.element.querySelectorAll("i"), ({ textContent }) => textContent))].join("|"));
    }
  });
  assert.ok(
    [...seen].every((texts) => !texts.includes("|")),
    [...seen].join(" "),
  );
  assert.equal(page.text, "20".repeat(50));
  await page.close();
});

test("useClient gives the provider's client", async () => {
  const page = new Page();
  const client = page.client();
  let given: HubClient | undefined;
  function Child(): null {
    given = useClient();
    return null;
  }
  await page.show(h(OpenlineProvider, { client }, h(Child)));
  assert.equal(given, client);
  await page.close();
});
