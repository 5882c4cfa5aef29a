import { ChatPage } from "./chat-page.ts";
import { startTheme } from "./theme.ts";

startTheme();
new ChatPage().start();
