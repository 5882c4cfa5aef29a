/**
 * The largest block by whose release glibc learns: it then takes blocks up to this size from its heap, and keeps twice as much of what was freed there (mallopt(3),
 * `M_MMAP_THRESHOLD`). A little less than its limit of 32 MiB, for its header.
 */
const LESSON_BYTES = 32 * 1024 * 1024 - 65_536;

let isTaught = false;

/**
 * To be called where memory for messages is taken. Makes the C library keep that of collected messages for those that follow, up to 64 MiB, instead of giving it
 * back to the kernel after each garbage collection: every page that comes back costs a page fault, and they were half of what an echo of 1 MiB cost (1,190 µs, then
 * 470) and a quarter with 16 KiB (9.4, 6.9). What teaches it is a block that nobody writes to, hence takes no memory, and that the collector frees soon. Once in a
 * process, and not before there are messages: what 10,000 opening handshakes leave behind, 4 MB, is better given back. Without effect where the library is another
 * one, or where `MALLOC_TRIM_THRESHOLD_` or `MALLOC_MMAP_THRESHOLD_` stand in the environment.
 */
export function keepFreedMemory(): void {
  if (isTaught) return;
  isTaught = true;
  try {
    Buffer.allocUnsafeSlow(LESSON_BYTES);
  } catch {
    // No address space for it (`ulimit -v`): memory goes to and fro as before.
  }
}
