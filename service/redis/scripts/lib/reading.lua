-- reading.lua: for scripts that read many keys and write nothing. Checking each type first would double their cost, so they read at once.
-- When a read fails, `misread` becomes the error reply that names the key of the wrong type; the script returns it.
local misread
local function ask(kind, command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  misread = misread or wrongKey({key, kind}) or answer
end
