-- Withdraws a task that waits. KEYS[21]: its deduplication key, if it has one. ARGV: id. Answers 1 if it will not run.
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
if KEYS[21] and call('GET', KEYS[21]) == id then
  call('DEL', KEYS[21])
end
return 1
