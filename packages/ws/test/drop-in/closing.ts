import { maskedFrame } from "../fixtures/raw-client.ts";
import { ended, next, type Scenario } from "./stage.ts";

const codes: readonly (readonly [code: number | undefined, reason?: string])[] = [
  [undefined],
  [1000],
  [1000, "normal"],
  [1001, "理由"],
  [3000, ""],
  [4999, "x".repeat(123)],
];

const wrong: readonly (readonly unknown[])[] = [
  [999],
  [1004],
  [1005],
  [1006],
  [1015],
  [2999],
  [5000],
  ["1000"],
  [null],
  [1000.5],
  [1000, "x".repeat(124)],
  [undefined, "reason without a code"],
  [1000, Buffer.from("a buffer")],
];

/** The closing handshake, terminate, and closing before there is a connection. */
export const closing: readonly Scenario[] = [
  ...(["client", "server"] as const).flatMap((side) =>
    codes.map(
      ([code, reason]): Scenario => ({
        name: `the ${side} closes with ${code ?? "no code"} ${reason?.slice(0, 10) ?? ""}`,
        run: async (stage) => {
          const { client, socket } = await stage.pair();
          stage.watch("near", side === "client" ? client : socket);
          // The other end in a trace of its own: which of the two closes first is up to the network.
          const far = side === "client" ? socket : client;
          const heard = next(far, "close");
          const end = ended(client, socket);
          const near = side === "client" ? client : socket;
          near.close(code, reason);
          stage.note(near.readyState);
          await end;
          stage.note("far", ...(await heard), near.readyState, far.readyState);
        },
      }),
    ),
  ),
  ...wrong.map(
    (values): Scenario => ({
      name: `close(${values.map((value) => (typeof value === "string" ? JSON.stringify(value.slice(0, 30)) : String(value))).join(", ")})`,
      run: async (stage) => {
        const { client } = await stage.pair();
        stage.attempt("close", () => client.close(...(values as [number, string])));
        stage.note(client.readyState);
        const end = next(client, "close");
        client.close();
        stage.note(...(await end));
      },
      ...(values[0] === 1000.5 && {
        differs: {
          why: "Close codes that are no whole numbers",
          ours: ["close throws TypeError: First argument must be a valid error code number: 1000.5", "1", "1005 Buffer()"],
        },
      }),
    }),
  ),
  {
    name: "a wrong code is no matter while CLOSING and when CLOSED",
    run: async (stage) => {
      const { client } = await stage.pair();
      client.close(1000);
      stage.attempt("close", () => client.close(1));
      await ended(client);
      stage.attempt("close", () => client.close(1));
    },
  },
  {
    name: "close() twice, and in the close event",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("client", client);
      client.on("close", () => client.close());
      const end = ended(client, socket);
      client.close(1000);
      client.close(1001);
      await end;
    },
  },
  ...(["close", "terminate"] as const).flatMap((method): Scenario[] => [
    {
      name: `${method}() while CONNECTING`,
      run: async (stage) => {
        const { url } = await stage.server();
        const client = stage.watch("client", stage.client(url));
        client[method]();
        stage.note(client.readyState);
        client[method]();
        await ended(client);
        stage.note(client.readyState);
      },
    },
    {
      name: `${method}() in the upgrade event`,
      run: async (stage) => {
        const { url } = await stage.server();
        const client = stage.watch("client", stage.client(url), "upgrade");
        client.on("upgrade", () => client[method]());
        await ended(client);
      },
    },
    {
      name: `${method}() in the open event`,
      run: async (stage) => {
        const { url } = await stage.server();
        const client = stage.watch("client", stage.client(url));
        client.on("open", () => client[method]());
        await ended(client);
      },
    },
    {
      name: `${method}() in the error event of a failed connection`,
      run: async (stage) => {
        const client = stage.watch("client", stage.client("ws://127.0.0.1:1"));
        client.on("error", () => stage.attempt(method, () => client[method]()));
        await ended(client);
      },
    },
    {
      name: `${method}() in the message event: nothing more is emitted`,
      run: async (stage) => {
        const { raw, socket } = await stage.rawPair();
        stage.watch("server", socket);
        socket.on("message", () => socket[method](...([] as [])));
        const end = ended(socket);
        raw.write(Buffer.concat([maskedFrame(1, "first"), maskedFrame(8, Buffer.from([3, 232]))]));
        await end;
      },
      ...(method === "terminate" && {
        differs: {
          why: "After terminate() the peer is not listened to",
          ours: ["server message Buffer(first) false", "server close 1006 Buffer()"],
        },
      }),
    },
  ]),
  {
    name: "terminate(): 1006 on both ends, CLOSING at once",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("client", client);
      const far = next(socket, "close");
      const end = ended(client, socket);
      client.terminate();
      stage.note(client.readyState);
      client.terminate();
      await end;
      stage.note("far", ...(await far));
    },
  },
  {
    name: "a peer that ends the transport without a close frame",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      stage.watch("server", socket);
      const end = ended(socket);
      raw.end();
      await end;
    },
  },
  {
    name: "a peer that resets the transport is no error event",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      stage.watch("server", socket);
      const end = ended(socket);
      raw.resetAndDestroy();
      await end;
    },
  },
  {
    name: "a peer that does not answer the close frame is dropped after closeTimeout",
    run: async (stage) => {
      const { socket } = await stage.rawPair({ closeTimeout: 50 });
      stage.watch("server", socket);
      const end = ended(socket);
      socket.close(1000);
      await end;
    },
  },
  {
    name: "data behind the peer's close frame is discarded (RFC 6455 §1.4)",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      stage.watch("server", socket);
      const end = ended(socket);
      raw.write(Buffer.concat([maskedFrame(1, "before"), maskedFrame(8, Buffer.from([3, 232])), maskedFrame(1, "behind")]));
      await end;
    },
  },
  {
    name: "messages of the peer still arrive after close() was called",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("client", client);
      socket.pause();
      const end = ended(client, socket);
      client.close(1000);
      socket.send("on its way");
      socket.resume();
      await end;
    },
  },
];
