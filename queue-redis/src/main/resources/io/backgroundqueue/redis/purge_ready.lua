-- Deletes waiting tasks, a step at a time. ARGV: most. Answers how many tasks were deleted, how
-- many entries seen, and of each task that had one its id and its deduplication key, for the caller to free.
local most = tonumber(ARGV[1])
local ids, deleted, taken = {}, 0, {}
local delayed = call('ZRANGE', DUE, 0, most - 1)
if #delayed > 0 then
  call('ZREMRANGEBYRANK', DUE, 0, #delayed - 1)
end
for i = 1, #delayed do
  ids[#ids + 1] = string.sub(delayed[i], 2)
end
for level = 0, 9 do
  if #ids < most then
    local entries = call('LPOP', ready(level), most - #ids) or {}
    for i = 1, #entries do
      local id = string.match(entries[i], '^%d+:(.*)$') or entries[i]
      if call('HEXISTS', GONE, id) == 1 then
        if call('HINCRBY', GONE, id, -1) <= 0 then
          call('HDEL', GONE, id)
        end
        most = most - 1
      else
        ids[#ids + 1] = id
      end
    end
  end
end
if #ids > 0 then
  if call('EXISTS', DEDUP) == 1 then
    local keys = call('HMGET', DEDUP, unpack(ids))
    for i = 1, #ids do
      if keys[i] then
        taken[#taken + 1] = ids[i]
        taken[#taken + 1] = keys[i]
      end
    end
    call('HDEL', DEDUP, unpack(ids))
  end
  deleted = call('HDEL', BODY, unpack(ids))
  call('HDEL', PROG, unpack(ids))
  call('HDEL', STARTS, unpack(ids))
end
return { deleted, #ids + tonumber(ARGV[1]) - most, taken }
