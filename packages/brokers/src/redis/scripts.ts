import { createHash } from "node:crypto";

/** A script that Redis runs as one step. */
export interface Script {
  readonly text: string;
  readonly sha: string;
  readonly keys: number;
}

function script(keys: number, text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex"), keys };
}

/** Makes the room's meta if it is not there; a stream without its meta belongs to no epoch that anybody could prove. Needs `ARGV[1]` a new epoch, `ARGV[2]` its life. */
const ensureMeta = `
local function ensure()
  local m = redis.call('HMGET', KEYS[1], 'e', 's', 't', 'v')
  if m[1] then return m[1], m[2], m[3], m[4] or '0' end
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'e', ARGV[1], 's', '0', 't', '0')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return ARGV[1], '0', '0', '0'
end`;

const now = `
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end`;

/** Takes members out and tells the others. `HDEL` says 1 to one caller only, so each leave is told once, whoever finds it. */
const exits = `
local function exit(session, node, pub, channel)
  if redis.call('HDEL', KEYS[3], session) == 1 then
    redis.call(pub, channel, 'x ' .. redis.call('HINCRBY', KEYS[1], 'v', 1) .. ' ' .. node .. ' ' .. session)
  end
end
local function exitAll(node, pub, channel)
  local all = redis.call('HGETALL', KEYS[3])
  for i = 1, #all, 2 do
    if string.sub(all[i + 1], 1, #node + 1) == node .. ' ' then exit(all[i], node, pub, channel) end
  end
end
local function reap(at, self, pub, channel)
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', at)) do
    if node ~= self then
      redis.call('ZREM', KEYS[4], node)
      exitAll(node, pub, channel)
    end
  end
end`;

/**
 * Stores a message and tells the subscribers, or finds its id used. KEYS: meta, stream, id.
 * ARGV: new epoch, meta's life, tag, content, bytes, time, most messages, most bytes, their life, publish command, channel, fingerprint, window.
 */
export const publishScript: Script = script(
  3,
  `
if ARGV[13] ~= '0' then
  local used = redis.call('GET', KEYS[3])
  if used then return used end
end
local m = redis.call('HMGET', KEYS[1], 'e', 's', 't', 'c', 'f')
local e, s, t, c, f = m[1], m[2], m[3], tonumber(m[4] or '0'), tonumber(m[5] or '0')
if not e then
  e, s, t, c, f = ARGV[1], '0', '0', 0, 0
  redis.call('DEL', KEYS[2])
end
s = string.format('%.0f', s + 1)
c = c + ARGV[5]
local text = s .. ' ' .. e .. ' ' .. ARGV[3] .. ' ' .. t .. ' ' .. ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], 'e', e, 's', s, 't', ARGV[3], 'c', string.format('%.0f', c))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[7] == '0' then
  redis.call('DEL', KEYS[2])
else
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[7], '0-' .. s, 'm', text, 'c', string.format('%.0f', c))
  redis.call('PEXPIRE', KEYS[2], ARGV[9])
end
local most = tonumber(ARGV[8])
if c - f > most then
  local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  while first do
    local _, _, bytes = string.find(first[2][2], '^%S+ %S+ %S+ %S+ (%d+) ')
    f = first[2][4] - bytes
    if c - f <= most then break end
    redis.call('XDEL', KEYS[2], first[1])
    first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  end
  if not first then f = c end
  redis.call('HSET', KEYS[1], 'f', string.format('%.0f', f))
end
local position = s .. ' ' .. e .. ' ' .. ARGV[3]
if ARGV[13] ~= '0' then redis.call('SET', KEYS[3], position .. ' ' .. ARGV[12], 'PX', ARGV[13]) end
redis.call(ARGV[10], ARGV[11], 'm ' .. text)
return position`,
);

/** History and position in one step. KEYS: meta, stream. ARGV: new epoch, meta's life, "from" or "newest", which, most of them or where they end, inclusive ("" for all). Gives epoch, offset, tag, floor, entries. */
export const readScript: Script = script(
  2,
  `${ensureMeta}
local e, s, t = ensure()
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local floor = first and string.sub(first[1], 3) or s
local list = {}
if ARGV[3] == 'from' and ARGV[5] == '' then list = redis.call('XRANGE', KEYS[2], '0-' .. ARGV[4], '+')
elseif ARGV[3] == 'from' then list = redis.call('XRANGE', KEYS[2], '0-' .. ARGV[4], '+', 'COUNT', ARGV[5])
elseif ARGV[4] ~= '0' then list = redis.call('XREVRANGE', KEYS[2], ARGV[5] == '' and '+' or '0-' .. ARGV[5], '-', 'COUNT', ARGV[4]) end
local texts = {}
for i = 1, #list do texts[i] = list[i][2][2] end
return {e, s, t, floor, texts}`,
);

/**
 * Makes Redis agree with what a node knows of its own members, and gives it those of the others. KEYS: meta, stream, members, nodes.
 * ARGV: new epoch, meta's life, node, lease, publish command, channel, then session and member of each. Gives epoch, offset, tag, version, members.
 */
export const syncScript: Script = script(
  4,
  `${ensureMeta}${now}${exits}
local e, s, t = ensure()
local node, lease, pub, channel = ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
local at = now()
reap(at, node, pub, channel)
local own = {}
for i = 7, #ARGV, 2 do own[ARGV[i]] = node .. ' ' .. ARGV[i + 1] end
local all = redis.call('HGETALL', KEYS[3])
local others = {}
for i = 1, #all, 2 do
  if string.sub(all[i + 1], 1, #node + 1) ~= node .. ' ' then
    others[#others + 1] = all[i + 1]
  elseif own[all[i]] == all[i + 1] then own[all[i]] = nil
  elseif not own[all[i]] then exit(all[i], node, pub, channel) end
end
for session, text in pairs(own) do
  redis.call('HSET', KEYS[3], session, text)
  redis.call(pub, channel, 'e ' .. redis.call('HINCRBY', KEYS[1], 'v', 1) .. ' ' .. text)
end
redis.call('ZADD', KEYS[4], at + lease, node)
redis.call('PEXPIRE', KEYS[3], lease * 4)
redis.call('PEXPIRE', KEYS[4], lease * 4)
return {e, s, t, redis.call('HGET', KEYS[1], 'v') or '0', others}`,
);

/**
 * What a node asks again and again of each room that it follows: does Redis stand where the node does, and who is gone? A Redis that stands
 * behind what it once told, or elsewhere, has lost something: the epoch ends. KEYS as in sync.
 * ARGV: new epoch, meta's life, node, lease, publish command, channel, known epoch, offset, tag. Gives epoch, offset, tag, version, whether the lease held.
 */
export const checkScript: Script = script(
  4,
  `${ensureMeta}${now}${exits}
local e, s, t, v = ensure()
local node, lease, pub, channel = ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[1])))
local at = now()
local held = redis.call('ZSCORE', KEYS[4], node) and 1 or 0
if held == 1 then redis.call('ZADD', KEYS[4], at + lease, node) end
reap(at, node, pub, channel)
redis.call('PEXPIRE', KEYS[3], lease * 4)
redis.call('PEXPIRE', KEYS[4], lease * 4)
local known = tonumber(ARGV[8])
if e == ARGV[7] and (tonumber(s) < known or (tonumber(s) == known and t ~= ARGV[9])) then
  e, s, t = ARGV[1], '0', '0'
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'e', e, 's', s, 't', t, 'c', 0, 'f', 0)
  redis.call(pub, channel, 'r ' .. e)
end
return {e, s, t, redis.call('HGET', KEYS[1], 'v') or '0', held}`,
);

/**
 * A session enters, or its member is another now. Whose node has no lease gets one: else nobody would ever take the member out. KEYS: meta, stream, members, nodes.
 * ARGV: node, session, member, publish command, channel, lease.
 */
export const enterScript: Script = script(
  4,
  `${now}
local text = ARGV[1] .. ' ' .. ARGV[3]
redis.call('ZADD', KEYS[4], 'NX', now() + ARGV[6], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[2], text)
redis.call(ARGV[4], ARGV[5], 'e ' .. redis.call('HINCRBY', KEYS[1], 'v', 1) .. ' ' .. text)`,
);

/** A session leaves. KEYS: meta, stream, members. ARGV: node, session, publish command, channel. */
export const exitScript: Script = script(
  3,
  `${exits}
local text = redis.call('HGET', KEYS[3], ARGV[2])
if text and string.sub(text, 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then exit(ARGV[2], ARGV[1], ARGV[3], ARGV[4]) end`,
);

/** A node goes with all its members. KEYS: meta, stream, members, nodes. ARGV: node, publish command, channel. */
export const leaveScript: Script = script(
  4,
  `${exits}
exitAll(ARGV[1], ARGV[2], ARGV[3])
redis.call('ZREM', KEYS[4], ARGV[1])`,
);

/** Ends an epoch. KEYS: meta, stream. ARGV: new epoch, meta's life, the epoch to end, publish command, channel. */
export const rotateScript: Script = script(
  2,
  `
if redis.call('HGET', KEYS[1], 'e') ~= ARGV[3] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'e', ARGV[1], 's', '0', 't', '0', 'c', 0, 'f', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call(ARGV[4], ARGV[5], 'r ' .. ARGV[1])
return 1`,
);

/** What a list of rooms shows. KEYS: meta, stream. Gives epoch, offset, tag, messages. */
export const showScript: Script = script(
  2,
  `
local m = redis.call('HMGET', KEYS[1], 'e', 's', 't')
return {m[1] or '', m[2] or '0', m[3] or '0', redis.call('XLEN', KEYS[2])}`,
);

export const scripts: readonly Script[] = [
  publishScript,
  readScript,
  syncScript,
  checkScript,
  enterScript,
  exitScript,
  leaveScript,
  rotateScript,
  showScript,
];
