-- Withdraws a task that waits. KEYS[22]: its deduplication key, if it has one. ARGV: id. Answers 1 if it will not run.
local id = ARGV[1]
if call('HEXISTS', OWN, id) == 1 or call('ZSCORE', DEAD, id) or call('HDEL', BODY, id) == 0 then
  return 0
end
local members = {}
for level = 0, 9 do
  members[level + 1] = level .. id
end
if call('ZREM', DUE, unpack(members)) == 0 then
  call('HINCRBY', GONE, id, 1)
end
call('HDEL', PROG, id)
call('HDEL', STARTS, id)
call('HDEL', DEDUP, id)
if KEYS[22] and call('GET', KEYS[22]) == id then
  call('DEL', KEYS[22])
end
return 1
