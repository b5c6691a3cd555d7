/**
 * What kind of address an upstream's name led to, and whether the gateway may connect to it (RFC 6890's registries of
 * special-purpose addresses). Pure: it judges addresses, it resolves no names. An address of a kind that nobody listed
 * is not public: for IPv6 only what is global unicast counts, and an IPv4 address inside an IPv6 one is judged as itself.
 */
import { BlockList, isIP } from 'node:net';

export type AddressKind =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'carrier-grade'
  | 'unspecified'
  | 'multicast'
  | 'documentation'
  | 'reserved'
  | 'cloud-metadata'
  | 'not-an-address';

/** What a cloud tells or gives to whoever runs in it: credentials, certificates, the host's own agent. */
const CLOUD_METADATA = ['169.254.169.254/32', '168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32'];

/** The first kind that fits counts. */
const IPV4: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['cloud-metadata', CLOUD_METADATA],
  ['unspecified', ['0.0.0.0/8']],
  ['loopback', ['127.0.0.0/8']],
  // 198.18.0.0/15 is for benchmarks and is used inside networks like the others.
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15']],
  ['link-local', ['169.254.0.0/16']],
  ['carrier-grade', ['100.64.0.0/10']],
  ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']],
  ['multicast', ['224.0.0.0/4']],
  ['reserved', ['192.0.0.0/24', '192.88.99.0/24', '240.0.0.0/4']],
];

const IPV6: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['cloud-metadata', ['fd00:ec2::254/128', 'fd20:ce::254/128']],
  ['unspecified', ['::/128']],
  ['loopback', ['::1/128']],
  // Unique-local, and site-local as it was before.
  ['private', ['fc00::/7', 'fec0::/10']],
  ['link-local', ['fe80::/10']],
  ['documentation', ['2001:db8::/32', '3fff::/20']],
  ['multicast', ['ff00::/8']],
  // Protocol assignments with Teredo, and 6to4: both carry an IPv4 address to somewhere else.
  ['reserved', ['2001::/23', '2002::/16']],
];

/** IPv6 prefixes of 96 bits that end in an IPv4 address which is the one that is reached: mapped, and NAT64 (RFC 6052). */
const EMBEDDING = ['::ffff:', '64:ff9b::'];

const LISTS = createLists();
const ROUTABLE = blockList(['2000::/3', ...EMBEDDING.map((prefix) => `${prefix}0.0.0.0/96`)]);

/** `address`: an IPv4 or IPv6 literal without brackets; one with a zone is no address that a name could lead to. */
export function classifyAddress(address: string): AddressKind {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return 'not-an-address';
  const type = family === 4 ? 'ipv4' : 'ipv6';
  for (const [kind, list] of LISTS) if (list.check(address, type)) return kind;
  return family === 4 || ROUTABLE.check(address, type) ? 'public' : 'reserved';
}

/** The kinds that `privateAddresses: allow` opens: where servers of one's own stand. Never the cloud's metadata. */
const OWN_NETWORK: ReadonlySet<AddressKind> = new Set(['loopback', 'private', 'link-local', 'carrier-grade']);

export function mayReach(kind: AddressKind, privateAddresses: 'refuse' | 'allow'): boolean {
  return kind === 'public' || (privateAddresses === 'allow' && OWN_NETWORK.has(kind));
}

function createLists(): readonly (readonly [AddressKind, BlockList])[] {
  const embedded = IPV4.map(([kind, subnets]) => {
    const within = EMBEDDING.flatMap((prefix) => subnets.map((subnet) => embed(prefix, subnet)));
    return [kind, blockList([...subnets, ...within])] as const;
  });
  return [...embedded, ...IPV6.map(([kind, subnets]) => [kind, blockList(subnets)] as const)];
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** `10.0.0.0/8` under `::ffff:` is `::ffff:10.0.0.0/104`. */
function embed(prefix: string, subnet: string): string {
  const [address, bits] = subnet.split('/');
  return `${prefix}${address}/${96 + Number(bits)}`;
}
