// Two servers with an engine between them: what is published at one comes to those at the other.
//
//   node examples/brokers/two-servers.js redis://localhost:6379
//   node examples/brokers/two-servers.js amqp://guest:guest@localhost
//   node examples/brokers/two-servers.js kafka://localhost:9092
//   node examples/brokers/two-servers.js nats://localhost:4222
import { Client } from "@openline/client";
import { createServer } from "@openline/server";

const [broker] = process.argv.slice(2);
if (broker === undefined) {
  console.error("Which engine? For instance: node examples/brokers/two-servers.js redis://localhost:6379");
  process.exit(2);
}

const servers = [0, 1].map(() => createServer({ port: 0, broker, logLevel: "warn" }));
const clients = [];
try {
  for (const server of servers) {
    const { urls } = await server.listen();
    clients.push(new Client(urls[0], { user: ["ann", "bob"][clients.length] }));
  }
  const [anns, bobs] = clients.map((client) => client.join("lobby", { presence: true }));
  const heard = next(bobs, "message");
  await Promise.all([next(anns, "joined"), next(bobs, "joined")]);
  await anns.publish({ text: "你好 from the other server 👋" });
  const { user, data, position } = await heard;
  console.log(`bob heard ${user} say ${JSON.stringify(data.text)} at ${position}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const client of clients) client.close();
  await Promise.all(servers.map((server) => server.close()));
}

function next(room, event) {
  return new Promise((resolve) => room.on(event, resolve));
}
