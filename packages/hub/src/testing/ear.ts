import type { Member } from "@openline/wire";
import type { Signal, StoredMessage, Subscriber } from "../broker.ts";

/** A subscriber that writes down what it hears. */
export class Ear implements Subscriber {
  readonly messages: StoredMessage[] = [];
  /** Everything else, as short texts in the order heard. */
  readonly events: string[] = [];

  /** The contents of the messages heard. */
  get contents(): string[] {
    return this.messages.map((message) => message.content);
  }

  message(message: StoredMessage): void {
    this.messages.push(message);
  }

  signal(signal: Signal): void {
    this.events.push(`signal ${signal.content} ${signal.session}`);
  }

  entered(member: Member): void {
    this.events.push(`entered ${member.session}`);
  }

  exited(session: string): void {
    this.events.push(`exited ${session}`);
  }

  insufficient(): void {
    this.events.push("insufficient");
  }
}
