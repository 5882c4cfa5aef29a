// `hello..` gets `hi`, without an endpoint: the protocol's machine over node:net. `node examples/hello-protocol/server.js`
import { createServer } from "node:net";
import { checkRequest, Event, Machine, renderHead, responseFields } from "@openline/protocol";
import { platform } from "./platform.js";

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.once("data", (head) => {
    const [line, ...lines] = head.toString("latin1").trimEnd().split("\r\n");
    const [method, target, version] = line.split(" ");
    const fields = Object.fromEntries(lines.map((text) => [text.replace(/:.*/, "").toLowerCase(), text.replace(/^.*?: */, "")]));
    const verdict = checkRequest({ method, target, httpVersion: version?.slice(5) ?? "", fields });
    if (!verdict.ok) {
      socket.end(renderHead(verdict.error.status, "Refused", verdict.error.fields));
      return;
    }
    socket.write(renderHead(101, "Switching Protocols", responseFields({ key: verdict.key, platform })));
    const machine = new Machine({ role: "server", platform, now: Date.now() });
    socket.on("data", (chunk) => {
      machine.receive(chunk);
      for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
        if (kind === Event.Text && machine.text() === "hello..") machine.sendText("hi");
        if (kind === Event.Finish) setImmediate(() => socket.end());
      }
      const output = [];
      const bytes = machine.takeOutput(output);
      socket.write(Buffer.concat(output), () => machine.written(bytes));
    });
  });
});
server.listen(process.env.PORT ?? 8080, () => console.log("listening on", server.address().port));
