import { holdEveryCase } from "./hold.ts";

holdEveryCase("client");
