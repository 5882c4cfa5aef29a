// A room in React. Bundle it with whatever you use, serve it with index.html from the origin of `openline serve` (or name its address below).
import { Client } from "@openline/client";
import { OpenlineProvider, useConnectionState, useRoom } from "@openline/client/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const connect = () => new Client("/", { user: new URLSearchParams(location.search).get("user") ?? "somebody" });

function Chat({ name }) {
  const state = useConnectionState();
  const room = useRoom(name, { rewind: 20, presence: true });
  const [text, setText] = useState("");

  function send(event) {
    event.preventDefault();
    room.publish({ text }).catch((error) => alert(error.message));
    setText("");
  }

  return (
    <main>
      <p>
        {state}, in the room: {room.members.map(({ user }) => user).join(", ")}
      </p>
      <ol>
        {room.messages.map(({ position, user, data }) => (
          <li key={position}>
            {user}: {data.text}
          </li>
        ))}
      </ol>
      <form onSubmit={send}>
        <input value={text} onChange={(event) => setText(event.target.value)} aria-label="Message" />
      </form>
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <OpenlineProvider client={connect}>
      <Chat name="lobby" />
    </OpenlineProvider>
  </StrictMode>,
);
