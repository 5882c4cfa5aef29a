"""Debian's Python `websockets` as an echo server (`serve`) or a client led by scripts (`drive`); see ../script.ts for the words."""

import asyncio
import base64
import json
import sys

import websockets


def tell(value):
    print(json.dumps(value), flush=True)


def in_base64(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def quarters(message):
    size = -(-len(message) // 4)
    return [message[start : start + size] for start in range(0, len(message), size)]


async def obey(socket, command, rest):
    if command == "!close":
        code, _, reason = rest.partition(" ")
        await socket.close(int(code), reason)
    elif command == "!ping":
        await (await socket.ping(rest.encode()))
        await socket.send("!pong " + rest)


async def echo(socket):
    in_fragments = False
    async for message in socket:
        if isinstance(message, str) and message.startswith("!"):
            command, _, rest = message.partition(" ")
            in_fragments = command == "!fragments"
            await obey(socket, command, rest)
        else:
            await socket.send(quarters(message) if in_fragments else message)
            in_fragments = False


async def echo_and_tell(socket):
    try:
        await echo(socket)
    except websockets.ConnectionClosed:
        pass
    await socket.wait_closed()
    tell({"path": socket.path, "code": socket.close_code, "reason": socket.close_reason or ""})


async def serve():
    options = {"max_size": None, "ping_interval": None}
    plain = await websockets.serve(echo_and_tell, "127.0.0.1", 0, compression=None, **options)
    compressed = await websockets.serve(echo_and_tell, "127.0.0.1", 0, compression="deflate", **options)
    tell({"plain": plain.sockets[0].getsockname()[1], "compressed": compressed.sockets[0].getsockname()[1]})
    await asyncio.Future()


async def read(socket, seen, messages):
    try:
        async for message in socket:
            seen.append({"seen": "message", "binary": isinstance(message, bytes), "data": in_base64(message)})
            messages.put_nowait(None)
    except websockets.ConnectionClosed:
        pass


async def ping(socket, data, seen):
    await (await socket.ping(data))
    seen.append({"seen": "pong", "data": in_base64(data)})


async def send(socket, step, pings, seen):
    parts = [base64.b64decode(part) for part in step["parts"]]
    if not step["binary"]:
        parts = [part.decode() for part in parts]

    async def fragments():
        for index, part in enumerate(parts):
            yield part
            if index == 0 and "ping" in step:
                pings.append(asyncio.ensure_future(ping(socket, base64.b64decode(step["ping"]), seen)))
                await asyncio.sleep(0)  # lets the ping be written before the next fragment

    await socket.send(parts[0] if len(parts) == 1 else fragments())


async def run(script):
    compression = "deflate" if script["compress"] else None
    seen, messages, pings = [], asyncio.Queue(), []
    async with websockets.connect(script["url"], compression=compression, max_size=None, ping_interval=None) as socket:
        seen.append({"seen": "open", "extensions": socket.response_headers.get("Sec-WebSocket-Extensions", "")})
        reader = asyncio.ensure_future(read(socket, seen, messages))
        for step in script["steps"]:
            if step["do"] == "send":
                await send(socket, step, pings, seen)
            elif step["do"] == "ping":
                pings.append(asyncio.ensure_future(ping(socket, base64.b64decode(step["data"]), seen)))
            elif step["do"] == "close":
                await socket.close(step.get("code", 1000), step.get("reason", ""))
            elif step["seen"] == "message":
                await messages.get()
            elif step["seen"] == "pong":
                await pings.pop(0)
            else:
                await socket.wait_closed()
        await reader
        await socket.wait_closed()
        seen.append({"seen": "close", "code": socket.close_code, "reason": socket.close_reason or ""})
    return seen


async def drive():
    lines = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        try:
            tell(await run(json.loads(line)))
        except Exception as error:
            tell({"error": f"{type(error).__name__}: {error}"})


asyncio.run(serve() if sys.argv[1] == "serve" else drive())
