-- What the scripts of one topic share; put before each of them. All keys are declared and lie in one slot.
--   entry  <level><due ms>:<id>     in the ready lists
--   grant  <level><due ms>:<token>  in OWN, and the client's note: the fence compares it as a whole
local BODY, DUE, LEASE, OWN, STARTS, PROG, DEAD, LETTER, GONE, WAKE = unpack(KEYS, 1, 10)
local DEDUP = KEYS[21]
local call = redis.call
local clock = call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local now = math.floor(micros / 1000)

local function ready(level)
  return KEYS[11 + level]
end

local function ms(number)
  return string.format('%.0f', number)
end

-- N: now. A: after so many ms, rounded up so that it is never early. T: at this time.
local function due_of(kind, value)
  if kind == 'A' then
    return math.ceil(micros / 1000) + value
  end
  return kind == 'T' and math.max(now, tonumber(value)) or now
end

-- Puts a task behind the ready ones, or aside until it is due. In DUE the score is the due time.
local function place(level, due, id)
  if due <= now then
    call('RPUSH', ready(level), level .. ms(due) .. ':' .. id)
  else
    call('ZADD', DUE, ms(due), level .. id)
  end
end

-- Puts a task that was handed out back to the head of its level.
local function put_back(grant, id)
  local head = string.match(grant, '^%d+')
  call('LPUSH', ready(string.sub(head, 1, 1)), head .. ':' .. id)
end

local function next_due()
  return tonumber(call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2])
end

-- At most one token: whoever takes it looks, and puts it back if something is left.
local function wake()
  if call('EXISTS', WAKE) == 0 then
    call('RPUSH', WAKE, '1')
  end
end
