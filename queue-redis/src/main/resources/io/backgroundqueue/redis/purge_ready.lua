-- Deletes waiting tasks, a step at a time. ARGV: most. Answers how many tasks were deleted, and how many entries seen.
local most = tonumber(ARGV[1])
local ids, deleted = {}, 0
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
  deleted = call('HDEL', BODY, unpack(ids))
  call('HDEL', PROG, unpack(ids))
  call('HDEL', STARTS, unpack(ids))
end
return { deleted, #ids + tonumber(ARGV[1]) - most }
