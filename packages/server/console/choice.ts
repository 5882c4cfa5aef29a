import { checkName } from "@openline/wire";

/** Who one is and where: all that the page has to know before it connects. */
export interface Choice {
  readonly name: string;
  readonly room: string;
}

/** What is wrong with a name or a room, in words for a person; both missing when the choice stands. */
export interface ChoiceFaults {
  readonly name?: string;
  readonly room?: string;
}

/** The two methods of the Web Storage API that are used here. */
export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** What was remembered: the room of the link first, then what this tab used, then what any tab used last. */
export interface Remembered {
  readonly name: string;
  readonly room: string;
  /** This tab was in this room under this name already (a reload): no need to ask again. */
  readonly enter: boolean;
}

const nameKey = "openline.name";
const roomKey = "openline.room";

export function roomOfHash(hash: string): string | undefined {
  const match = /^#room=(.*)$/su.exec(hash);
  if (match?.[1] === undefined) return undefined;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return undefined;
  }
}

export function hashOfRoom(room: string): string {
  return `#room=${encodeURIComponent(room)}`;
}

export function recall(hash: string, tab: Memory, browser: Memory): Remembered {
  const linked = roomOfHash(hash);
  const ownName = tab.getItem(nameKey);
  const name = ownName ?? browser.getItem(nameKey) ?? "";
  const room = linked ?? tab.getItem(roomKey) ?? browser.getItem(roomKey) ?? "lobby";
  const faults = checkChoice({ name, room });
  return { name, room, enter: ownName !== null && linked !== undefined && faults.name === undefined && faults.room === undefined };
}

export function remember(choice: Choice, tab: Memory, browser: Memory): void {
  for (const memory of [tab, browser]) {
    memory.setItem(nameKey, choice.name);
    memory.setItem(roomKey, choice.room);
  }
}

export function checkChoice(choice: Choice): ChoiceFaults {
  const name = choice.name === "" ? "Say who you are: the others see this name." : nameFault(choice.name);
  const room = roomFault(choice.room);
  return { ...(name === undefined ? {} : { name }), ...(room === undefined ? {} : { room }) };
}

function roomFault(room: string): string | undefined {
  if (room === "") return "A room needs a name, for example lobby.";
  if (room.startsWith("$")) return "Room names that begin with $ belong to the system.";
  return nameFault(room);
}

function nameFault(name: string): string | undefined {
  const fault = checkName(name);
  return fault === undefined ? undefined : `The name ${fault}.`;
}
