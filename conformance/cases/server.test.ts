import { holdEveryCase } from "./hold.ts";

holdEveryCase("server");
