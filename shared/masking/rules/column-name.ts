/** A name as columns are compared: `E-Mail`, `e_mail` and `EMAIL` are one. Names repeat in every row, so some are kept. */
const MAX_NAMES = 4_096;
const MAX_NAME_LENGTH = 64;

const known = new Map<string, string>();

export function columnName(text: string): string {
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  const name = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  if (text.length > MAX_NAME_LENGTH) return name;
  if (known.size >= MAX_NAMES) known.clear();
  known.set(text, name);
  return name;
}
