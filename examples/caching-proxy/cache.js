// A naive caching proxy of the kind that RFC 6455 §10.3 fears. It stands before one server, does not understand `Upgrade`, and takes whatever looks like an HTTP
// request in a client's bytes for one. The response that it then sees is kept under the request's `Host` and path, and given to everybody who asks for that.
import { connect, createServer } from "node:net";

const REQUEST = /GET (\/\S*) HTTP\/1\.1\r\n([^]*?)\r\n\r\n/;
const RESPONSE = /HTTP\/1\.1 (\d+)[^\r]*\r\n([^]*?)\r\n\r\n/;

/** Starts the proxy before the server on that port; `kept` maps `host/path` to what is given out for it. */
export async function startCache(targetPort) {
  const kept = new Map();
  const server = createServer((client) => {
    const target = connect(targetPort, "127.0.0.1");
    const asked = [];
    let up = "";
    let down = "";
    for (const socket of [client, target]) socket.on("error", () => socket.destroy());
    client.on("close", () => target.destroy());
    target.on("close", () => client.destroy());
    client.on("data", (chunk) => {
      up += chunk.toString("latin1");
      for (let found = REQUEST.exec(up); found; found = REQUEST.exec(up)) {
        const name = /^Host: *(\S+)/im.exec(found[2])?.[1] + found[1];
        up = up.slice(found.index + found[0].length);
        if (kept.has(name)) client.end(answerWith(kept.get(name)));
        else asked.push(name);
      }
      if (client.writable) target.write(chunk);
    });
    target.on("data", (chunk) => {
      down += chunk.toString("latin1");
      for (let found = RESPONSE.exec(down); found && asked.length > 0; found = RESPONSE.exec(down)) {
        const bodyAt = found.index + found[0].length;
        const end = bodyAt + Number(/^Content-Length: *(\d+)/im.exec(found[2])?.[1] ?? 0);
        if (down.length < end) break;
        const name = asked.shift();
        if (found[1] === "200") kept.set(name, down.slice(bodyAt, end));
        down = down.slice(end);
      }
      if (client.writable) client.write(chunk);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, kept, stop: () => server.close() };
}

function answerWith(body) {
  return `HTTP/1.1 200 OK\r\nAge: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
