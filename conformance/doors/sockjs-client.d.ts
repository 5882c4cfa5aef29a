/** What the tests use of the npm package sockjs-client 1.6, which brings no types. */
declare module "sockjs-client" {
  export default class SockJS {
    constructor(url: string, protocols?: null, options?: { readonly transports?: readonly string[]; readonly timeout?: number });
    readonly readyState: number;
    readonly transport: string | null;
    onopen: (() => void) | null;
    onmessage: ((event: { readonly data: string }) => void) | null;
    onheartbeat: (() => void) | null;
    onclose: ((event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void) | null;
    send(data: string): void;
    close(code?: number, reason?: string): void;
  }
}
