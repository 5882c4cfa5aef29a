const Platform = MessageEvent as new (type: string, init?: MessageEventInit) => MessageEvent;

/** Node 20's class says that it is an `Event` when it is turned into a string (Web IDL §3.7.6); from Node 22 on there is nothing to mend. */
class NamedMessageEvent extends Platform {
  get [Symbol.toStringTag](): string {
    return "MessageEvent";
  }
}

/** The class of the event `message`: the platform's, or its subclass where that one does not know its name. */
export const MessageEventClass: typeof Platform =
  Reflect.get(MessageEvent.prototype, Symbol.toStringTag) === "MessageEvent" ? Platform : NamedMessageEvent;
