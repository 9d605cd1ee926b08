-- Stores verdicts. ARGV per task: what (A ack, L later, D dead, R release), id, grant, kind of start, its value, and the
-- progress or the letter. Answers 1 per task that was settled, 0 where the grant is not current.
local SIZE = 6
local count = #ARGV / SIZE
local ids, answers, settled, ended, verdicts, done = {}, {}, {}, {}, {}, {}
for i = 1, count do
  ids[i] = ARGV[(i - 1) * SIZE + 2]
end
local owners = call('HMGET', OWN, unpack(ids))
for i = 1, count do
  local what, id, grant = unpack(ARGV, (i - 1) * SIZE + 1, (i - 1) * SIZE + 3)
  answers[i] = 0
  if owners[i] == grant and not settled[id] then
    settled[id] = true
    answers[i] = 1
    ended[#ended + 1] = id
    if what ~= 'R' then
      verdicts[#verdicts + 1] = id
    end
    if what == 'A' then
      done[#done + 1] = id
    end
  end
end
if #ended == 0 then
  return answers
end

-- Removals first: see claim.lua.
call('ZREM', LEASE, unpack(ended))
call('HDEL', OWN, unpack(ended))
if #verdicts > 0 and call('EXISTS', STARTS) == 1 then
  call('HDEL', STARTS, unpack(verdicts))
end
if #done > 0 then
  call('HDEL', BODY, unpack(done))
  if call('EXISTS', PROG) == 1 then
    call('HDEL', PROG, unpack(done))
  end
  if call('EXISTS', DEDUP) == 1 then
    call('HDEL', DEDUP, unpack(done))
  end
end

-- Deaths are numbered by the clock, and never twice the same number.
local function death()
  local last = tonumber(call('ZRANGE', DEAD, -1, -1, 'WITHSCORES')[2]) or 0
  return ms(math.max(micros, last + 1))
end

local some_ready, earliest, released = false, nil, {}
for i = 1, count do
  local what, id, grant, kind, value, text = unpack(ARGV, (i - 1) * SIZE + 1, i * SIZE)
  if answers[i] == 1 then
    if what == 'L' then
      local due = due_of(kind, value)
      call('HSET', PROG, id, text)
      place(string.sub(grant, 1, 1), due, id)
      if due <= now then
        some_ready = true
      elseif not earliest or due < earliest then
        earliest = due
      end
    elseif what == 'D' then
      call('HDEL', PROG, id)
      call('HSET', LETTER, id, text)
      call('ZADD', DEAD, death(), id)
    elseif what == 'R' then
      released[#released + 1] = i
    end
  end
end
for i = #released, 1, -1 do
  local at = (released[i] - 1) * SIZE
  put_back(ARGV[at + 3], ARGV[at + 2])
end
if some_ready or #released > 0 or (earliest and earliest == next_due()) then
  wake()
end
return answers
