import type { Extension } from "../handshake/extensions.ts";

/** Parameters of one offer or answer, in the order they were written; a parameter without a value is `true`. */
export type ExtensionParams = Extension["params"];

/** The reserved bit in the first byte of a frame that marks an extension's messages; 0 for an extension that needs none (RFC 6455 §5.2). */
export type RsvBit = 0 | 0x40 | 0x20 | 0x10;

/** What an extension thinks of offers or of an answer. `Codec` is whatever the endpoint works with: the protocol only hands it through. */
export type ExtensionVerdict<Codec> =
  | {
      readonly kind: "accepted";
      /** What the server answers. A client ignores it. */
      readonly params: ExtensionParams;
      /** Makes what transforms this connection's messages: call it once, when the connection stands. */
      readonly codec: () => Codec;
    }
  /** The connection goes on without the extension. */
  | { readonly kind: "declined" }
  /** The opening handshake fails. */
  | { readonly kind: "refused"; readonly detail: string };

/**
 * An extension of the protocol (RFC 6455 §9): how it is negotiated, which reserved bit it claims and what codec it brings. Give it to
 * {@link offerExtensions} and {@link checkExtensions} (client) or {@link acceptExtensions} (server). One codec per connection.
 */
export interface MessageExtension<Codec> {
  readonly name: string;
  readonly rsv: RsvBit;
  /** Client: what to offer, most wanted first. */
  offers(): readonly ExtensionParams[];
  /** Server: judges all the offers under its name, most wanted first. */
  accept(offers: readonly ExtensionParams[]): ExtensionVerdict<Codec>;
  /** Client: judges the server's answer; to decline is to refuse. */
  check(answer: ExtensionParams): ExtensionVerdict<Codec>;
}
