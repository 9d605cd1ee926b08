-- Puts dead tasks behind the ready ones. ARGV: the progress of a replayed task; then per letter id and level. Answers how
-- many were dead. Removals first: see claim.lua.
local replayed = 0
for i = 2, #ARGV, 2 do
  local id, level = ARGV[i], ARGV[i + 1]
  if call('ZREM', DEAD, id) == 1 then
    replayed = replayed + 1
    call('HDEL', LETTER, id)
    call('HSET', PROG, id, ARGV[1])
    place(level, now, id)
  end
end
if replayed > 0 then
  wake()
end
return replayed
