/**
 * The short code of an approval, for people to type: six characters without look-alikes (Crockford's base 32), from
 * SHA-256 of the approval's id. It finds a request, it authorizes nothing, and two requests may share one.
 */
import { createHash } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARACTERS = 6;
const BITS_PER_CHARACTER = 5;

const CODE = new RegExp(`^[${ALPHABET}]{${CODE_CHARACTERS}}$`);
/** What people put between groups of characters, and what a copied text may hide there. */
const SEPARATORS = /[\s\p{Pd}\p{Cf}]/gu;

export function shortCodeOf(approvalId: string): string {
  const head = createHash('sha256').update(approvalId, 'utf8').digest().readUInt32BE(0);
  const characters = Array.from({ length: CODE_CHARACTERS }, (_, index) =>
    ALPHABET.charAt((head >>> (32 - BITS_PER_CHARACTER * (index + 1))) & 31),
  );
  return characters.join('');
}

/** Forgives case, hyphens, spaces, O for 0, I and L for 1, full-width letters; undefined for what is no code. */
export function readShortCode(text: string): string | undefined {
  const code = text
    .normalize('NFKC')
    .replace(SEPARATORS, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  return CODE.test(code) ? code : undefined;
}
