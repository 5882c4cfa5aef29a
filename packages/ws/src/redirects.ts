import { type Address, parseAddress } from "./address.ts";
import type { ClientOptions } from "./client-options.ts";
import { type Fields, hasField, trustIn, withoutCredentials } from "./credentials.ts";

/** What `ws` allows. */
const MOST_REDIRECTS = 10;

/** The way of one client's opening handshake from address to address, over whichever HTTP: which redirects are followed, and what goes along. */
export class Redirects {
  readonly #options: Pick<ClientOptions, "followRedirects" | "maxRedirects" | "headers" | "auth">;
  /** With the names as the user wrote them: there are servers that look at their case. */
  readonly #headers: Fields;
  #first: Address | undefined;
  #count = 0;

  constructor(options: Pick<ClientOptions, "followRedirects" | "maxRedirects" | "headers" | "auth">) {
    this.#options = options;
    this.#headers = { ...options.headers };
  }

  /** Whether the address that is asked now was named by a redirect. */
  get hasLed(): boolean {
    return this.#count > 0;
  }

  /** Whether a response is a redirect that is to be followed. */
  follows(status: number, location: string | undefined): location is string {
    return this.#options.followRedirects === true && location !== undefined && status >= 300 && status < 400;
  }

  /**
   * The address that a redirect leads to.
   * @throws Error after more than `maxRedirects`, SyntaxError for a location that cannot be
   */
  next(location: string, from: Address): Address {
    if (++this.#count > (this.#options.maxRedirects ?? MOST_REDIRECTS)) throw new Error("Maximum redirects exceeded");
    if (!URL.canParse(location, from.href)) throw new SyntaxError(`Invalid URL: ${location}`);
    return parseAddress(new URL(location, from.href));
  }

  /** What goes along to this address: everything to the first one, or when the user decides by himself in a listener of `redirect`. */
  credentialsFor(address: Address, userDecides: boolean): { headers: Fields; auth: string | undefined } {
    const trust = trustIn(address, (this.#first ??= address));
    if (!trust.isTrusted && !userDecides) return { headers: withoutCredentials(this.#headers, trust), auth: undefined };
    const auth = address.credentials ?? this.#options.auth;
    // Those of the first address hold for the ones it redirects to.
    if (auth !== undefined && this.#options.followRedirects === true && !hasField(this.#headers, "authorization")) {
      this.#headers["authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
    }
    return { headers: this.#headers, auth: hasField(this.#headers, "authorization") ? undefined : auth };
  }
}
