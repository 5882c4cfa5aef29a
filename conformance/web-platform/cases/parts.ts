import type { Part } from "../realm.ts";
import { closing } from "./closing.ts";
import { constructor } from "./constructor.ts";
import { idl } from "./interface.ts";
import { messages } from "./messages.ts";
import { stream } from "./stream.ts";

/** All rules, part by part. */
export const parts: readonly Part[] = [constructor, idl, messages, closing, stream];
