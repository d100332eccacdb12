-- reading.lua: for scripts that read many keys and write nothing. To check each type first would double their cost, so they read at once;
-- when that fails, `misread` is the error reply that says which key has the wrong type.
local misread
local function ask(kind, command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  misread = misread or wrongKey({key, kind}) or answer
end
