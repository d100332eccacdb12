// Lists as people type them: with commas or on lines of their own.

export function listOf(text: string): string[] {
  const parts = text.split(/[,\n]/).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}

export const listText = (list: readonly string[] | undefined): string => (list ?? []).join(', ');
