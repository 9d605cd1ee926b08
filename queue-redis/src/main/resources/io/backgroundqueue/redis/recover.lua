-- Gives back what a claim handed out whose answer was lost, as if it had not happened, and forbids it from now on: its
-- request may still be on its way. KEYS[22]: see claim.lua. ARGV: number of the claim, its token.
local entries = {}
call('DEL', KEYS[22]) -- A full server lets a script go on that began with a removal.
call('SET', KEYS[22], ARGV[1], 'PX', 3600000)
local own = call('HGETALL', OWN)
for i = 1, #own, 2 do
  local head, token = string.match(own[i + 1], '^%d(%d*):(.*)$')
  if token == ARGV[2] then
    entries[#entries + 1] = { due = tonumber(head) or 0, id = own[i], grant = own[i + 1] }
  end
end
table.sort(entries, function(a, b)
  if a.due ~= b.due then
    return a.due > b.due
  end
  return a.id > b.id
end)
for _, entry in ipairs(entries) do
  call('ZREM', LEASE, entry.id)
  call('HDEL', OWN, entry.id)
  put_back(entry.grant, entry.id)
end
if #entries > 0 then
  wake()
end
return #entries
