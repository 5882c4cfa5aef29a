import type { TicketRequest } from "../auth/tickets.ts";
import * as a from "./access-schemas.ts";
import type { Operation } from "./operation.ts";
import * as s from "./schemas.ts";

/** The calls of the HTTP API. */
export interface Operations {
  readonly publish: Operation<s.PublishQuery>;
  readonly publishMany: Operation<unknown, s.PublishManyBody>;
  readonly history: Operation<s.HistoryPageQuery>;
  readonly rooms: Operation<s.RoomsQuery>;
  readonly members: Operation<s.UsersQuery>;
  readonly users: Operation<s.UsersQuery>;
  readonly user: Operation;
  readonly sendToUser: Operation;
  readonly disconnect: Operation<unknown, s.DisconnectBody>;
  readonly ticket: Operation<unknown, TicketRequest>;
  readonly revoke: Operation<unknown, a.RevocationBody>;
  readonly webhooks: Operation;
  readonly deadLetters: Operation;
  readonly retryDeadLetters: Operation;
}

const publishProblems = [
  "bad-json",
  "bad-utf8",
  "bad-message",
  "body-too-large",
  "wrong-content-type",
  "id-conflict",
  "unknown-outcome",
  "shutting-down",
] as const;

/** Every call of the HTTP API by its `operationId`: routes, keys and OpenAPI read this table. */
export const operations: Operations = {
  publish: {
    id: "publish",
    method: "post",
    path: "/rooms/{room}/messages",
    scope: "publish",
    summary: "Publish one message: the body is its data",
    params: { room: s.room },
    query: s.publishQuery,
    body: "data",
    fields: { "Idempotency-Key": "1 to 64 visible ASCII characters: makes it safe to publish again." },
    answers: {
      200: { description: "It was published before with this Idempotency-Key: its first position.", schema: s.published },
      201: { description: "Stored.", schema: s.published },
      202: { description: "Sent to who is there; nothing was stored (`ephemeral`).", schema: s.sentAway },
    },
    problems: [...publishProblems, "bad-idempotency-key"],
  },
  publishMany: {
    id: "publishMany",
    method: "post",
    path: "/messages",
    scope: "publish",
    summary: "Publish many messages; those to one room in their order",
    body: s.publishManyBody,
    answers: { 200: { description: "How each of them ended.", schema: s.publishManyAnswer } },
    problems: ["bad-json", "bad-utf8", "bad-message", "body-too-large", "wrong-content-type", "shutting-down"],
  },
  history: {
    id: "history",
    method: "get",
    path: "/rooms/{room}/messages",
    scope: "history",
    summary:
      "A page of what a room keeps: the newest, those before a position, or those after one; with `wait` a long poll, with `Accept: text/event-stream` server-sent events: both for clients too, with their own tokens",
    params: { room: s.room },
    query: s.historyQuery,
    fields: { "Last-Event-ID": "For server-sent events: goes on after this position." },
    answers: { 200: { description: "The page.", schema: s.historyAnswer } },
    problems: ["unknown-position"],
  },
  rooms: {
    id: "rooms",
    method: "get",
    path: "/rooms",
    scope: "presence",
    summary: "The rooms that have members or messages, by name",
    query: s.roomsQuery,
    answers: { 200: { description: "A page of rooms.", schema: s.roomsAnswer } },
  },
  members: {
    id: "members",
    method: "get",
    path: "/rooms/{room}/members",
    scope: "presence",
    summary: "Who is in a room, on all nodes",
    params: { room: s.room },
    query: s.membersQuery,
    answers: { 200: { description: "A page of members.", schema: s.membersAnswer } },
  },
  users: {
    id: "users",
    method: "get",
    path: "/users",
    scope: "presence",
    summary: "Who is connected to the node that answers, by name",
    query: s.usersQuery,
    answers: { 200: { description: "A page of users.", schema: s.usersAnswer } },
  },
  user: {
    id: "user",
    method: "get",
    path: "/users/{user}",
    scope: "presence",
    summary: "Whether a user is connected, to any node",
    params: { user: s.user },
    answers: { 200: { description: "How many connected sessions the user has; 0: offline.", schema: s.userAnswer } },
  },
  sendToUser: {
    id: "sendToUser",
    method: "post",
    path: "/users/{user}/messages",
    scope: "publish",
    summary: "Send to all connections of a user: the body is the data; nothing is stored",
    params: { user: s.user },
    body: "data",
    answers: { 200: { description: "To how many it went.", schema: s.deliveredAnswer } },
    problems: ["bad-json", "bad-utf8", "bad-message", "body-too-large", "wrong-content-type", "shutting-down"],
  },
  disconnect: {
    id: "disconnect",
    method: "post",
    path: "/disconnect",
    scope: "disconnect",
    summary: "Disconnect a session, or all sessions of a user, on all nodes: close code 4404, out of all rooms at once",
    body: s.disconnectBody,
    answers: { 202: { description: "Done on this node; other nodes are told.", schema: s.disconnectAnswer } },
    problems: ["bad-json", "bad-utf8", "bad-message", "body-too-large", "wrong-content-type", "forbidden"],
  },
  ticket: {
    id: "ticket",
    method: "post",
    path: "/tickets",
    scope: "tickets",
    summary: "Make a one-time ticket with which a user may open one connection",
    body: a.ticketBody,
    answers: { 201: { description: "The ticket.", schema: a.ticketAnswer } },
    problems: ["bad-json", "bad-utf8", "bad-message", "body-too-large", "wrong-content-type", "forbidden", "shutting-down"],
  },
  revoke: {
    id: "revoke",
    method: "post",
    path: "/revocations",
    scope: "revoke",
    summary:
      "Revoke all that a user was granted until now, a session, or a token: close code 4406 on all nodes within 2 s, also on those that come back later",
    body: a.revocationBody,
    answers: { 201: { description: "The log of revocations has it.", schema: a.revocationAnswer } },
    problems: [
      "bad-json",
      "bad-utf8",
      "bad-message",
      "body-too-large",
      "wrong-content-type",
      "forbidden",
      "unknown-outcome",
      "shutting-down",
    ],
  },
  webhooks: {
    id: "webhooks",
    method: "get",
    path: "/webhooks",
    scope: "webhooks",
    summary: "How the webhook of this node fares",
    answers: { 200: { description: "Its state.", schema: s.webhooksAnswer } },
  },
  deadLetters: {
    id: "deadLetters",
    method: "get",
    path: "/webhooks/dead-letters",
    scope: "webhooks",
    summary: "The events that could not be delivered, oldest first",
    answers: { 200: { description: "All that are kept.", schema: s.deadLettersAnswer } },
  },
  retryDeadLetters: {
    id: "retryDeadLetters",
    method: "post",
    path: "/webhooks/dead-letters/retry",
    scope: "webhooks",
    summary: "Deliver the dead letters again, after what waits already",
    answers: { 202: { description: "They wait to be delivered.", schema: s.retryAnswer } },
  },
};
