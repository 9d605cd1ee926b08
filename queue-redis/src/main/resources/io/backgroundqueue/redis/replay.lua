-- Puts dead tasks behind the ready ones. ARGV: the progress of a replayed task; then per letter id and level. Answers how
-- many were dead. Stored before it is removed: an error in the middle leaves two, never none.
local replayed = 0
call('HDEL', LETTER, '') -- A full server lets a script go on that began with a removal.
for i = 2, #ARGV, 2 do
  local id, level = ARGV[i], ARGV[i + 1]
  if call('ZSCORE', DEAD, id) then
    replayed = replayed + 1
    call('HSET', PROG, id, ARGV[1])
    place(level, now, id)
    call('ZREM', DEAD, id)
    call('HDEL', LETTER, id)
  end
end
if replayed > 0 then
  wake()
end
return replayed
