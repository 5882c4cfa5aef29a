// The words that settings choose among. They stand apart from what obeys them, so that the table of settings can be shown without loading the server.

/** The names of the log levels, the quietest last. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;
/** How log lines are written: `auto` means text on a terminal, JSON elsewhere. */
export const logFormats = ["auto", "text", "json"] as const;

export const onOff = ["on", "off"] as const;

/** What an acknowledged publish in a data directory survives: the death of the process, or a loss of power too. */
export const durabilities = ["os", "fsync"] as const;

/** What the application can be asked about. */
export const askTopics = ["connect", "join", "publish", "send"] as const;

/** What a webhook can be told. */
export const webhookEventTypes = ["connect", "disconnect", "join", "leave", "occupied", "vacated", "publish"] as const;
