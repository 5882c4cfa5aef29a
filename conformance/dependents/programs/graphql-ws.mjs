// graphql-ws: its server over WebSocketServer, its client over WebSocket.
import { once } from "node:events";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { WebSocket, WebSocketServer } from "ws";
import { tell } from "./facts.mjs";

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: { hello: { type: GraphQLString, args: { name: { type: GraphQLString } }, resolve: (_source, { name }) => `你好 ${name}` } },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      count: {
        type: GraphQLInt,
        async *subscribe() {
          for (let count = 1; count <= 5; count += 1) yield { count };
        },
      },
    },
  }),
});
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/graphql" });
await once(server, "listening");
const running = useServer({ schema, onConnect: ({ connectionParams }) => connectionParams?.token === "secret" }, server);
const url = `ws://127.0.0.1:${server.address().port}/graphql`;

const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: { token: "secret" }, retryAttempts: 0 });
const protocols = [];
client.on("connected", (socket) => protocols.push(socket.protocol));
const collect = async (request) => {
  const results = [];
  for await (const result of client.iterate(request)) results.push(result.data);
  return results;
};
const hello = await collect({ query: "query ($name: String) { hello(name: $name) }", variables: { name: "小明 🎉" } });
const counts = await collect({ query: "subscription { count }" });

/** The close code and reason that the server gives to a client that speaks in this way. */
async function closeOf(subprotocol, ...messages) {
  const socket = new WebSocket(url, subprotocol);
  socket.on("open", () => {
    for (const message of messages) socket.send(message);
  });
  const [code, reason] = await once(socket, "close");
  return `${code} ${reason}`;
}
const closes = [
  await closeOf("graphql-transport-ws", "no JSON"),
  await closeOf("graphql-transport-ws", JSON.stringify({ type: "connection_init", payload: { token: "wrong" } })),
];
const refused = new WebSocket(url, "graphql-ws-of-old");
const [error] = await once(refused, "error");
const withoutSubprotocol = error.message;

await client.dispose();
const last = new WebSocket(url, "graphql-transport-ws");
await once(last, "open");
const away = once(last, "close");
await running.dispose();
const [awayCode, awayReason] = await away;
tell({ protocols: [...new Set(protocols)], hello, counts, closes, withoutSubprotocol, away: `${awayCode} ${awayReason}` });
