/**
 * What stands between our server and a goal, by workload: read off profiles (`perf`, `--cpu-prof`, heap snapshots, system calls counted by `strace`) and
 * micro-benchmarks without the kernel, Node 20. The page shows it where a run misses the goal, beside that run's own profile.
 */
export const explanations: Readonly<Record<string, string>> = {
  "echo-20-32":
    "Why: two fifths of the time are the kernel's, one read and one write for 32 messages; that, with Node's way to it, is what the byte echo in Node costs. JavaScript is 0.16 µs for " +
    "each message, and no function of it stands out: parser, machine, event, `send`, outbox and writer are some forty calls, of which V8 inlines half. The views of memory (what was read, " +
    "the payload) are a tenth, the collector's barriers for them a twentieth. The prototype that reached the goal checked neither reserved bits nor limits, states and back-pressure, and " +
    "handed out views that end with the call.",
  "echo-1k":
    "Why: nearly half of the time is the kernel's. A message belongs to its receiver, so each is copied out of the shared read buffer, and V8 collects its whole heap for every 64 MB of such " +
    'memory, several times a second here: 0.13 of the 0.62 µs that a message costs without the kernel (`messages: "view"` does without). The rest is unmasking (0.07 µs), the copy behind ' +
    "the header of the answer, and what a small message costs, too.",
  "echo-16k":
    "Why: three fifths of the time are the kernel's, which copies each message twice. Ours is unmasking (7 %), the copy that the receiver may keep, and the memory for it (15 % together): it " +
    "comes back only with the next garbage collection, tens of megabytes later, so it is never in the processor's caches. *Openline, views* is what is left without that copy.",
  "echo-1m":
    "Why: page faults and the kernel's two copies. The message lies in one block of fresh memory, which comes back with a garbage collection; glibc is told to keep it for the next message " +
    "([performance-drivers.md](performance-drivers.md)), without which this row is 1.3 to 1.8.",
  "fanout-1000":
    "Why: two thirds of the time are the kernel's, one write for each receiver, and it costs as much from C++. JavaScript is 0.25 µs for each delivery, which allocates 150 bytes; the rest is " +
    "Node's way from `writeBuffer` to the system call, and back. Per delivery this row has the largest share of the kernel of all, so the noise of the machine shows most in it.",
  handshake:
    "Why: nearly three fifths of the time are the kernel's: accept, three reads, the peer's name, the answer, the close frame, FIN, close, and three changes of epoll's list. JavaScript, with " +
    "handles that do nothing, is 6.3 µs, a sixth of that the collection of what each connection leaves behind; the rest are Node's TCP handle, its object, and Node's way between both. Not done, " +
    "since it costs more than it gives: asking for the peer's address when somebody wants it (0.77 µs; after the end it could not be had any more), and an `IncomingMessage` that is built when " +
    "it is read (0.2 µs).",
  idle:
    "Why: on an http server the connection keeps its `net.Socket`, which others may hold and listen to. With its two streams, their lists and listeners, and the TCP object, it is 950 of the " +
    "1,560 bytes of JavaScript that are alive per connection; Connection is 136, WebSocket 104, the driver 104, listeners 48, the application's own closure and context 104. So much survives the " +
    "collections of V8's young generation that it grows from 8 to 33 MB, 2.2 KB per connection, and it is not given back by a collection right after; the byte echo in Node is the same socket " +
    "without a WebSocket. On our own port there is no `net.Socket`: 660 bytes are alive, and the young generation stops at half of that, 1 KB per connection; 550 are the handle of Node and " +
    "libuv with what malloc and V8 keep beside it. Below some 600 bytes the figure falls no faster than the bytes alive: the next step of the young generation is at 200.",
};
