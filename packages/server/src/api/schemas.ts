import { checkName, formatLimits } from "@openline/wire";
import * as v from "valibot";
import { problemCodes } from "../problems.ts";

/** A schema that validates, and that OpenAPI describes. */
export type Schema = v.GenericSchema;

/** Which page of a history. */
export interface HistoryPageQuery {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
  /** Seconds. */
  readonly wait?: number | undefined;
  readonly rewind?: number | undefined;
  readonly ticket?: string | undefined;
}

/** Which page of the rooms. */
export interface RoomsQuery {
  readonly prefix?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Which page of the users, or of the members. */
export interface UsersQuery {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** How one message is published. */
export interface PublishQuery {
  readonly user?: string | undefined;
  readonly ephemeral: "true" | "false";
}

/** One message of many. */
export interface OutgoingMessage {
  readonly room: string;
  readonly data: unknown;
  readonly id?: string | undefined;
  readonly user?: string | undefined;
  readonly ephemeral?: boolean | undefined;
}

/** Many messages. */
export interface PublishManyBody {
  readonly messages: readonly OutgoingMessage[];
}

/** Whom to disconnect. */
export interface DisconnectBody {
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly reason?: string | undefined;
}

const text = (description: string): v.GenericSchema<string> => v.pipe(v.string(), v.description(description));
const count = (description: string): v.GenericSchema<number> => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description));
const flag = (description: string): v.GenericSchema<boolean> => v.pipe(v.boolean(), v.description(description));
const time = (description: string): v.GenericSchema<number> =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(`${description}, in milliseconds since 1970`));

const given = (value: unknown): string => JSON.stringify(typeof value === "string" ? value.slice(0, 100) : value) ?? String(value);

/** The name of a room or user by the rules of the wire format (docs/wire/hub-v1.md, Names). */
function name(what: string, description: string): v.GenericSchema<string> {
  return v.pipe(
    v.string(`the ${what} name must be text`),
    v.minLength(1, `the ${what} name must not be empty`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const fault = dataset.value.startsWith("$")
        ? `${given(dataset.value)} begins with "$": such rooms belong to the system`
        : checkName(dataset.value);
      if (fault !== undefined) addIssue({ message: `the ${what} name ${fault}` });
    }),
    v.description(description),
  );
}

/** Percent-encoded in paths, as it is in bodies. */
export const room: v.GenericSchema<string> = name("room", "A room's name: 1 to 255 bytes of UTF-8, nothing is normalised.");
export const user: v.GenericSchema<string> = name("user", "A user's name: 1 to 255 bytes of UTF-8, nothing is normalised.");
const position = v.pipe(
  v.string("a position must be text"),
  v.regex(/^[!-~]{1,128}$/, (issue) => `a position is 1 to 128 visible ASCII characters, not ${given(issue.input)}`),
  v.description("A position in a room's history, as an answer gave it: opaque, compared for equality only."),
);
const session: v.GenericSchema<string> = v.pipe(
  v.string("a session must be text"),
  v.regex(/^[!-~]{1,128}$/, (issue) => `a session is 1 to 128 visible ASCII characters, not ${given(issue.input)}`),
  v.description("A session's public id."),
);
const publishId = v.pipe(
  v.string("an id must be text"),
  v.regex(/^[!-~]{1,64}$/, (issue) => `an id is 1 to 64 visible ASCII characters, not ${given(issue.input)}`),
  v.description("Makes it safe to publish again: the same id with the same data is stored once."),
);
const json = v.pipe(v.unknown(), v.description("Any JSON value."));

/** A whole number that stands as text in a query. */
function whole(name: string, least: number, most: number, description: string): v.GenericSchema<string, number> {
  const message = (issue: v.BaseIssue<unknown>): string =>
    `${name} must be a whole number from ${least} to ${most}, not ${given(String(issue.input))}`;
  return v.pipe(
    v.string(),
    v.regex(/^(?:0|[1-9]\d{0,5})$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
    v.description(description),
  );
}

function limit(most: number, fallback: number): v.GenericSchema<string | undefined, number> {
  return v.optional(whole("limit", 1, most, `How many at most: 1 to ${most}; default ${fallback}.`), String(fallback));
}

const cursor = (what: string): v.GenericSchema<string | undefined> =>
  v.optional(v.pipe(v.string(), v.maxLength(255), v.description(`Only ${what} after this one: the \`next\` of the page before.`)));

export const historyQuery: v.GenericSchema<unknown, HistoryPageQuery> = v.pipe(
  v.strictObject({
    before: v.optional(position),
    after: v.optional(position),
    limit: limit(formatLimits.historyMessages, 50),
    wait: v.optional(whole("wait", 0, 60, "Long polling: for how many seconds to wait for a first message; 0 to 60.")),
    rewind: v.optional(
      whole(
        "rewind",
        0,
        formatLimits.historyMessages,
        "How many of the newest messages who polls or streams without `after` begins with; default 0.",
      ),
    ),
    ticket: v.optional(v.pipe(v.string(), v.description("A one-time ticket of a user, where a field of the request cannot be set."))),
  }),
  v.check(({ before, after }) => before === undefined || after === undefined, "before and after exclude each other"),
  v.check(({ before, wait }) => before === undefined || wait === undefined, "before and wait exclude each other"),
);
export const roomsQuery: v.GenericSchema<unknown, RoomsQuery> = v.strictObject({
  prefix: v.optional(v.pipe(v.string(), v.maxLength(255), v.description("Only rooms whose names begin with this."))),
  after: cursor("rooms"),
  limit: limit(1000, 1000),
});
export const usersQuery: v.GenericSchema<unknown, UsersQuery> = v.strictObject({ after: cursor("users"), limit: limit(1000, 1000) });
export const membersQuery: v.GenericSchema<unknown, UsersQuery> = v.strictObject({ after: cursor("members"), limit: limit(1000, 1000) });
export const publishQuery: v.GenericSchema<unknown, PublishQuery> = v.strictObject({
  user: v.optional(user),
  ephemeral: v.optional(
    v.pipe(v.picklist(["true", "false"], "ephemeral must be true or false"), v.description("Delivered to who is there, not stored.")),
    "false",
  ),
});

/** At most so many messages in one `POST /messages`. */
const mostMessages = 1000;

/** One message of a `POST /messages`. */
const outgoingMessage = v.strictObject({
  room,
  data: json,
  id: v.optional(publishId),
  user: v.optional(user),
  ephemeral: v.optional(v.boolean("ephemeral must be true or false")),
});
export const publishManyBody: v.GenericSchema<unknown, PublishManyBody> = v.strictObject({
  messages: v.pipe(
    v.array(outgoingMessage, "messages must be a list"),
    v.minLength(1, "messages must not be empty"),
    v.maxLength(mostMessages, (issue) => `messages has ${issue.received} entries, at most ${mostMessages} are possible`),
  ),
});
export const disconnectBody: v.GenericSchema<unknown, DisconnectBody> = v.pipe(
  v.strictObject({
    user: v.optional(user),
    session: v.optional(session),
    reason: v.optional(
      v.pipe(
        v.string("reason must be text"),
        v.check((reason) => Buffer.byteLength(reason) <= 123, "reason must be at most 123 bytes of UTF-8 (RFC 6455 §5.5)"),
        v.description("What the client is told: at most 123 bytes."),
      ),
    ),
  }),
  v.check(({ user: byUser, session: bySession }) => (byUser === undefined) !== (bySession === undefined), "give either user or session"),
  v.description("Exactly one of `user` and `session`."),
);

/** Problem details (RFC 9457). */
export const problem: Schema = v.pipe(
  v.strictObject({
    type: v.literal("about:blank"),
    title: text("The status in words."),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
    detail: text("One sentence that names the offending value and the limit or the remedy."),
    code: v.pipe(v.picklist(problemCodes), v.description("Stable, for programs.")),
  }),
  v.description("Problem details (RFC 9457)."),
);

const publishedFields = { room, position };
export const published: Schema = v.strictObject({ ...publishedFields, duplicate: v.optional(v.literal(true)) });
export const sentAway: Schema = v.strictObject({ room });
export const publishManyAnswer: Schema = v.strictObject({
  results: v.pipe(
    v.array(
      v.union([
        v.strictObject({ outcome: v.picklist(["stored", "duplicate"]), ...publishedFields }),
        v.strictObject({ outcome: v.literal("sent"), room }),
        v.strictObject({ outcome: v.picklist(["rejected", "unknown"]), room, problem }),
      ]),
    ),
    v.description("One for each message, in the order of the request."),
  ),
});
export const historyAnswer: Schema = v.strictObject({
  room,
  messages: v.pipe(
    v.array(
      v.strictObject({
        position,
        previous: v.optional(v.nullable(position)),
        data: json,
        id: v.optional(publishId),
        user: v.optional(user),
        session: v.optional(session),
        time: time("When it was published"),
      }),
    ),
    v.description("Oldest first."),
  ),
  complete: flag("Nothing kept lies beyond this page in its direction."),
  position: v.optional(v.pipe(position, v.description("With `wait`: where the reader stands, the `after` of the next call."))),
});
export const roomsAnswer: Schema = v.strictObject({
  rooms: v.array(
    v.strictObject({ room, members: count("Sessions in it that this node knows."), messages: count("Messages kept."), position }),
  ),
  next: v.optional(text("There are more: ask again with `after` set to this.")),
});
export const membersAnswer: Schema = v.strictObject({
  room,
  members: v.pipe(
    v.array(
      v.strictObject({
        session,
        user: v.optional(user),
        data: v.optional(json),
        since: time("Member since"),
        away: v.optional(time("Without a connection since")),
      }),
    ),
    v.description(`By the ids of their sessions; at most ${formatLimits.membersListed}.`),
  ),
  next: v.optional(text("There are more: ask again with `after` set to this.")),
  memberCount: count("How many there are, on all nodes."),
});
const userSummary = v.strictObject({ user, sessions: count("Connected sessions.") });
export const usersAnswer: Schema = v.strictObject({
  users: v.pipe(v.array(userSummary), v.description("Users with a connection to the node that answers.")),
  next: v.optional(text("There are more: ask again with `after` set to this.")),
});
export const userAnswer: Schema = userSummary;
export const deliveredAnswer: Schema = v.strictObject({
  user,
  delivered: count("To how many connected sessions it went: 0 when the user is offline."),
});
export const disconnectAnswer: Schema = v.strictObject({
  sessions: count(
    "Connected sessions that are disconnected: of a user on all nodes, of a session 1 when it is on this node, else 0, and the other nodes are told.",
  ),
});
const event = v.looseObject({ id: text("The event's id."), type: text("What happened."), time: time("When") });
export const webhooksAnswer: Schema = v.strictObject({
  enabled: flag("Whether a webhook is set."),
  pending: count("Events that wait to be delivered."),
  delivered: count("Events delivered since the start."),
  deadLetters: count("Events that were given up, and are kept."),
  dropped: count("Dead letters that had to make room for newer ones since the start."),
  failures: count("Attempts in a row that failed."),
  lastFailure: v.optional(text("What the last failed attempt met.")),
});
export const deadLettersAnswer: Schema = v.strictObject({
  deadLetters: v.array(v.strictObject({ event, reason: text("Why it was given up."), failedAt: time("When it was given up") })),
});
export const retryAnswer: Schema = v.strictObject({ retried: count("Dead letters that wait to be delivered again.") });
