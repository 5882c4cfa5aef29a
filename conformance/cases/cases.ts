// Every case, in the order of the table.
import type { Case } from "./case.ts";
import { closing } from "./tables/closing.ts";
import { compression } from "./tables/compression.ts";
import { echo } from "./tables/echo.ts";
import { fragments } from "./tables/fragments.ts";
import { limitCases } from "./tables/limits.ts";
import { opening } from "./tables/opening.ts";
import { pings } from "./tables/pings.ts";
import { reserved } from "./tables/reserved.ts";
import { utf8 } from "./tables/utf8.ts";

export const cases: readonly Case[] = [
  ...echo,
  ...pings,
  ...reserved,
  ...fragments,
  ...utf8,
  ...closing,
  ...limitCases,
  ...opening,
  ...compression,
];
