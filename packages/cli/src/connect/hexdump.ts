/** Bytes as people read them: offset, sixteen bytes in hex, the same as ASCII. `mostBytes` of them. */
export function hexdump(bytes: Uint8Array, mostBytes = 1024): string {
  const rows: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, mostBytes); at += 16) {
    const row = [...bytes.subarray(at, Math.min(at + 16, mostBytes))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0"));
    const halves = `${hex.slice(0, 8).join(" ").padEnd(23)}  ${hex.slice(8).join(" ").padEnd(23)}`;
    const letters = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    rows.push(`${at.toString(16).padStart(8, "0")}  ${halves}  |${letters}|`);
  }
  if (bytes.length > mostBytes) rows.push(`… ${bytes.length - mostBytes} more bytes`);
  return rows.join("\n");
}
