-- Stores tasks. ARGV: "1" to write again what is stored already, so that WAIT has something to wait for; then per task
-- id, level, kind of start, its value, body, index of its deduplication key or "", window in ms.
-- Answers per task: "" accepted, else the id of the task that holds the deduplication id.
local again = ARGV[1] == '1'
local answers, some_ready, earliest = {}, false, nil

local function holder(dd, id)
  local first = dd ~= '' and call('GET', KEYS[tonumber(dd)])
  return first or nil
end

for i = 2, #ARGV, 7 do
  local id, level, kind, value, body, dd, window = unpack(ARGV, i, i + 6)
  local answer = ''
  if call('HEXISTS', BODY, id) == 1 then
    if again then
      call('HSET', BODY, id, body)
    end
  else
    local first = holder(dd, id)
    if first then
      answer = first == id and '' or first
    else
      local due = due_of(kind, value)
      -- An error ends the script here and undoes nothing. So first what may find a key of a wrong type, last what
      -- would hold an id of a task that is not there.
      place(level, due, id)
      call('HSET', BODY, id, body)
      if dd ~= '' then
        call('SET', KEYS[tonumber(dd)], id, 'PX', window)
        call('HSET', DEDUP, id, KEYS[tonumber(dd)])
      end
      if due <= now then
        some_ready = true
      elseif not earliest or due < earliest then
        earliest = due
      end
    end
  end
  answers[#answers + 1] = answer
end

if some_ready or (earliest and earliest == next_due()) then
  wake()
end
return answers
