import type { HandleSupport, WriteRequest } from "./tcp-handle.ts";

/** Who is told when the kernel has taken a write. */
export interface WriteOwner {
  /** `status` is 0, or a negative error number. */
  written(status: number): void;
}

/** A write to a handle. */
export interface PendingWrite extends WriteRequest {
  owner: WriteOwner | undefined;
  /** Held until the kernel has them: Node does not, and memory that was collected would be sent. */
  segments: readonly Uint8Array[] | undefined;
}

/** The id of a request that Node has not tied to a write. */
const NOT_UNDER_WAY = -1;

/** A request that was not needed in the end: a write that the kernel takes whole leaves it untouched, and so do nearly all. */
let spare: PendingWrite | undefined;

/** A request to write with. */
export function takeRequest({ WriteRequest }: HandleSupport): PendingWrite {
  const request = spare ?? Object.assign(new WriteRequest(), { owner: undefined, segments: undefined, oncomplete: onComplete });
  spare = undefined;
  return request;
}

/**
 * To be called after each write: whether the kernel has taken all of it. The request then serves the next write; otherwise it is under way, and told of. What
 * stands in the handle's queue says less, and costs 30 ns: the kernel may refuse a write and take all of it a moment later, and Node aborts when a request is used
 * again that it has not let go of.
 */
export function keepRequest(request: PendingWrite): boolean {
  if (request.getAsyncId() !== NOT_UNDER_WAY) return false;
  spare = request;
  return true;
}

function onComplete(this: WriteRequest & Partial<PendingWrite>, status: number): void {
  const { owner } = this;
  this.owner = undefined;
  this.segments = undefined;
  owner?.written(status);
}
