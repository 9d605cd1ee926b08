-- Looks through a part of what is out for tasks without a lease, which nothing would ever end, and puts them back as
-- interrupted ones. ARGV: cursor, about how many. Answers the next cursor and how many were found.
local found = 0
local page = call('HSCAN', OWN, ARGV[1], 'COUNT', ARGV[2])
for i = 1, #page[2], 2 do
  local id, grant = page[2][i], page[2][i + 1]
  if not call('ZSCORE', LEASE, id) then
    call('HDEL', OWN, id)
    if call('HEXISTS', BODY, id) == 1 then
      call('HINCRBY', STARTS, id, 1)
      put_back(grant, id)
      found = found + 1
    end
  end
end
if found > 0 then
  wake()
end
return { page[1], found }
