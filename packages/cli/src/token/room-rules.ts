import { type RoomAction, type RoomGrants, roomActions } from "@openline/hub";
import { CommandFailure } from "../failure.ts";

/**
 * Rights as they are given on the command line, `PATTERN=ACTION,ACTION`; `undefined` when there are none.
 * @throws CommandFailure for a rule without a pattern or with an action that is none
 */
export function roomRules(rules: readonly string[]): RoomGrants | undefined {
  return rules.length === 0 ? undefined : Object.fromEntries(rules.map(ruleOf));
}

function ruleOf(rule: string): [string, (RoomAction | "*")[]] {
  const at = rule.lastIndexOf("=");
  const actions = rule.slice(at + 1).split(",");
  if (at < 1) throw new CommandFailure(`--room must be PATTERN=ACTION,ACTION, not ${JSON.stringify(rule)}`, 2);
  return [rule.slice(0, at), actions.map(actionOf)];
}

function actionOf(name: string): RoomAction | "*" {
  const known = name === "*" ? name : roomActions.find((action) => action === name);
  if (known !== undefined) return known;
  throw new CommandFailure(`--room knows the actions ${roomActions.join(", ")} and *, not ${JSON.stringify(name)}`, 2);
}
