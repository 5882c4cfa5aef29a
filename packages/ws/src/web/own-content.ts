import type { Content } from "../outbound.ts";
import { isBlob } from "../payload.ts";
import { usvString } from "./web-idl.ts";

/**
 * What a script sends, as a message's content that nobody can change any more: a buffer is copied, a Blob cannot change, anything else is text
 * (`BufferSource or Blob or USVString`). @throws TypeError for a view of shared memory and for a buffer that can be resized, which are no BufferSource
 */
export function ownContent(data: unknown): Content {
  if (data instanceof ArrayBuffer) return copyOf(new Uint8Array(data));
  if (ArrayBuffer.isView(data)) return copyOf(data);
  if (isBlob(data)) return data;
  return usvString(data);
}

/** A buffer or text, as a stream's chunk. @throws TypeError for a view of shared memory */
export function ownChunk(data: unknown): string | Uint8Array {
  const isBuffer = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
  const content = isBuffer ? ownContent(data) : usvString(data);
  if (content instanceof Blob) throw new TypeError("A Blob is no chunk");
  return content;
}

function copyOf(view: ArrayBufferView): Uint8Array {
  const { buffer, byteOffset, byteLength } = view;
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("A view of shared memory cannot be sent");
  if (Reflect.get(buffer, "resizable") === true) throw new TypeError("A buffer that can be resized cannot be sent");
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}
