/**
 * The Merkle tree over a seal's entries, as RFC 6962 §2.1 has it: leaves and nodes are hashed with different prefixes, so
 * that none passes for the other. Whoever has the signed root and a path can show that one entry was sealed.
 */
import { createHash } from 'node:crypto';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Lower-case hex SHA-256; of no leaves, the hash of nothing. */
export function merkleRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return createHash('sha256').digest('hex');
  let level: readonly Buffer[] = leaves.map((leaf) => createHash('sha256').update(LEAF).update(leaf).digest());
  while (level.length > 1) level = pairUp(level);
  return level[0]?.toString('hex') ?? '';
}

/** Pairs from the left, an odd one goes up as it is: the same tree as splitting at the largest power of two. */
function pairUp(level: readonly Buffer[]): Buffer[] {
  const up: Buffer[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const [left, right] = [level[index], level[index + 1]];
    if (left && right) up.push(createHash('sha256').update(NODE).update(left).update(right).digest());
    else if (left) up.push(left);
  }
  return up;
}
