import { tryBothWays } from "./interop.ts";
import { chromium } from "./peers/chromium.ts";

tryBothWays(chromium);
