// JSON with a line for each member. It is laid out, not read, so that large numbers stay as they are.

export function prettyJson(text: string): string {
  let depth = 0;
  let inText = false;
  let out = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (inText) {
      out += char;
      if (char === '\\') out += text.charAt((at += 1));
      else if (char === '"') inText = false;
    } else if (char === '"') {
      inText = true;
      out += char;
    } else if (char === '{' || char === '[') {
      const empty = /^\s*[}\]]/.exec(text.slice(at + 1));
      if (empty) {
        out += char + text.charAt(at + empty[0].length);
        at += empty[0].length;
      } else {
        depth += 1;
        out += char + line();
      }
    } else if (char === '}' || char === ']') {
      depth = Math.max(0, depth - 1);
      out += line() + char;
    } else if (char === ',') out += char + line();
    else if (char === ':') out += ': ';
    else if (!/\s/.test(char)) out += char;
  }
  return out;
}
