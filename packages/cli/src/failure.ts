/**
 * A command that cannot go on: one line for the user, and the exit code. 1: it failed; 2: it was called wrongly; 3: it could not do what it is for; 4: options
 * that exclude each other, where a command says so.
 */
export class CommandFailure extends Error {
  readonly exitCode: 1 | 2 | 3 | 4;

  constructor(message: string, exitCode: 1 | 2 | 3 | 4) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** Says why a store could not be opened: its errors are one line for people. A wrong address was a wrong call. Errors it does not know are passed on. */
export function storeFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "BrokerError" || !("code" in error)) return error;
  return new CommandFailure(error.message, error.code === "bad-address" ? 2 : 1);
}

/** Says why a server could not listen, in one line that names a way out. Errors it does not know are passed on. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new CommandFailure(
        `port ${port} is in use on ${host}: stop the other program, or choose another port with --port (0 lets the system choose)`,
        1,
      );
    case "EACCES":
      return new CommandFailure(`not allowed to listen on port ${port}: ports below 1024 need rights; choose another with --port`, 1);
    case "EADDRNOTAVAIL":
      return new CommandFailure(`${host} is not an address of this machine: choose another with --host`, 1);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new CommandFailure(`the host ${host} is not known: choose another with --host`, 1);
    default:
      return error;
  }
}
