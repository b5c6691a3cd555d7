/**
 * A key as the most lenient reader compares it. Some JSON readers take keys in any case, and by Unicode's simple folding
 * `ſ` is an s to them and `K` (Kelvin) a k: `argumentſ` is `arguments`. Only for comparing; it never changes a message.
 */
export function foldCase(key: string): string {
  // Up and down again, because those two have no lower case of their own; ASCII needs only the one.
  return isAscii(key) ? key.toLowerCase() : key.toUpperCase().toLowerCase();
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
