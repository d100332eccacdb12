// Edits of sources, as the list of defects has them: file, text that stands in it exactly once, text in its place.

/** @returns the new texts of the files that `edits` change, by file. `read` returns the text of a file. An edit that does not fit is an error. */
export function editedTexts(edits, read) {
  const texts = new Map();
  for (const [file, find, replace] of edits) {
    const text = texts.get(file) ?? read(file);
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`${file}: found ${found} times: ${find}`);
    texts.set(file, text.replace(find, () => replace));
  }
  return texts;
}
