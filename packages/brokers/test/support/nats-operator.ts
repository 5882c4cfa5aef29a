import { createHash } from "node:crypto";
import { nkeys } from "@nats-io/transport-node";

type KeyPair = ReturnType<typeof nkeys.createUser>;

/**
 * A NATS whose users come with a JWT: an operator, one account with JetStream, one user. What of it belongs into the server's configuration, and the user's
 * file, as `nsc` writes both. https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt
 */
export function operatorMode(): { readonly configuration: string; readonly credentials: string } {
  const [operator, system, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount(), nkeys.createUser()];
  const unlimited = {
    mem_storage: -1,
    disk_storage: -1,
    streams: -1,
    consumer: -1,
    subs: -1,
    data: -1,
    payload: -1,
    imports: -1,
    exports: -1,
    conn: -1,
  };
  // JetStream itself needs the account of the system.
  const internal = token(operator, system, "SYS", {
    type: "account",
    version: 2,
    limits: { ...unlimited, mem_storage: 0, disk_storage: 0 },
  });
  const rooms = token(operator, account, "hub", { type: "account", version: 2, limits: { ...unlimited, wildcards: true, leaf: -1 } });
  const own = token(operator, operator, "operator", { type: "operator", version: 2 });
  const hub = token(account, user, "hub", { type: "user", version: 2, pub: {}, sub: {}, subs: -1, data: -1, payload: -1 });
  const seed = new TextDecoder().decode(user.getSeed());
  const part = (name: string, text: string): string => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n\n`;
  return {
    configuration: `operator: ${own}\nresolver: MEMORY\nsystem_account: ${system.getPublicKey()}\nresolver_preload: { ${system.getPublicKey()}: ${internal}, ${account.getPublicKey()}: ${rooms} }\n`,
    credentials: part("NATS USER JWT", hub) + part("USER NKEY SEED", seed),
  };
}

function token(issuer: KeyPair, subject: KeyPair, name: string, nats: object): string {
  const claims = { iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name, nats };
  const jti = createHash("sha512-256").update(JSON.stringify(claims)).digest("hex");
  const text = [
    { typ: "JWT", alg: "ed25519-nkey" },
    { jti, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString("base64url")}`;
}
