-- Hands out tasks. Before, what is due becomes ready and what has lost its lease goes back to the head of its level.
-- KEYS[22]: the highest claim of this worker that must not happen any more, because its answer was given up.
-- ARGV: most tasks, most bytes, token, number of the claim, lease in ms, state of the picker (picks, turn), and within
-- how many ms somebody else should know of a task that becomes due.
local most, room, token, number, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local picks, turn, soon = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local LEVELS, SHARE, STEP = 10, 16, 100
if number <= tonumber(call('GET', KEYS[22]) or 0) then
  return {}
end

-- The removals come first everywhere: a server that is out of memory lets a script go on that began with one.
local function promote()
  local found = call('ZRANGEBYSCORE', DUE, '-inf', now, 'WITHSCORES', 'LIMIT', 0, math.max(STEP, most))
  if #found > 0 then
    call('ZREMRANGEBYRANK', DUE, 0, #found / 2 - 1)
  end
  for i = 1, #found, 2 do
    -- Foreign ones may come without a level, or due before all time; an error here would lose all that was removed.
    local level, id = string.match(found[i], '^(%d)(.*)$')
    local due = math.max(0, tonumber(found[i + 1]))
    call('RPUSH', ready(level or 0), (level or 0) .. ms(due) .. ':' .. (id or found[i]))
  end
end

local function reap()
  local ended = call('ZRANGEBYSCORE', LEASE, '-inf', now, 'LIMIT', 0, STEP)
  if #ended > 0 then
    call('ZREMRANGEBYRANK', LEASE, 0, #ended - 1)
  end
  for i = #ended, 1, -1 do
    local id = ended[i]
    local grant = call('HGET', OWN, id)
    if grant then
      call('HDEL', OWN, id)
      call('HINCRBY', STARTS, id, 1)
      put_back(grant, id)
    end
  end
end

local ids, heads, length = {}, {}, {}
local ghosts = nil
local seen, full = 0, false

-- A cancelled task leaves its entry behind: it has no body, or a mark if the same id was sent again.
local function cancelled(id, size)
  if ghosts == nil then
    ghosts = call('EXISTS', GONE) == 1
  end
  if ghosts and call('HEXISTS', GONE, id) == 1 then
    if call('HINCRBY', GONE, id, -1) <= 0 then
      call('HDEL', GONE, id)
    end
    return true
  end
  return size == 0 and call('HEXISTS', BODY, id) == 0
end

local function take(level, count)
  local entries = call('LPOP', ready(level), count) or {}
  seen = seen + #entries
  for i = 1, #entries do
    local head, id = string.match(entries[i], '^(%d+):(.*)$')
    if not head then
      head, id = level .. '0', entries[i]
    end
    local size = call('HSTRLEN', BODY, id)
    if #ids > 0 and size > room then
      for j = #entries, i, -1 do
        call('LPUSH', ready(level), entries[j])
      end
      full = true
      return
    end
    if not cancelled(id, size) then
      room = room - size
      ids[#ids + 1] = id
      heads[#heads + 1] = head
    end
  end
end

-- Lane 0 is level 9.
local function first(from)
  for lane = from, LEVELS - 1 do
    if length[lane] > 0 then
      return lane
    end
  end
  return nil
end

promote()
reap()
for lane = 0, LEVELS - 1 do
  length[lane] = call('LLEN', ready(LEVELS - 1 - lane))
end
local top = first(0)
while top and #ids < most and not full and seen < most + 1000 do
  local below = first(top + 1)
  local lane, count = top, math.min(most - #ids, length[top])
  picks = (picks + 1) % SHARE
  if below and picks == 0 then
    lane, count = turn > top and first(turn) or below, 1
    turn = lane + 1
  else
    count = below and math.min(count, SHARE - picks) or count
    picks = (picks + count - 1) % SHARE
  end
  length[lane] = length[lane] - count
  take(LEVELS - 1 - lane, count)
  top = first(0)
end

local bodies, progress, starts = {}, {}, {}
if #ids > 0 then
  local leases, grants = {}, {}
  local ends = ms(now + 1 + lease)
  for i = 1, #ids do
    leases[2 * i - 1], leases[2 * i] = ends, ids[i]
    grants[2 * i - 1], grants[2 * i] = ids[i], heads[i] .. ':' .. token
  end
  call('ZADD', LEASE, unpack(leases))
  call('HSET', OWN, unpack(grants))
  bodies = call('HMGET', BODY, unpack(ids))
  progress = call('EXISTS', PROG) == 1 and call('HMGET', PROG, unpack(ids)) or {}
  starts = call('EXISTS', STARTS) == 1 and call('HMGET', STARTS, unpack(ids)) or {}
end

local left = full or top ~= nil
local due, ends = next_due(), tonumber(call('ZRANGE', LEASE, 0, 0, 'WITHSCORES')[2])
if left or (#ids > 0 and due and due - now < soon) then
  wake()
else
  call('DEL', WAKE)
end
return { ids, heads, bodies, progress, starts, left and 1 or 0, due and ms(due - now) or '', ends and ms(ends - now) or '', picks, turn }
