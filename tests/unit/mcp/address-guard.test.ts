/** Which addresses the gateway connects to: every special-purpose range at both of its ends, and beside them. */
import { describe, expect, it } from 'vitest';
import { type AddressKind, classifyAddress, mayReach } from '../../../shared/mcp/address-guard.ts';
import { proves } from '../../requirements.ts';

const KINDS: Readonly<Record<Exclude<AddressKind, 'public'>, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'],
  private: [
    ...['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
    ...['198.18.0.0', '198.19.255.255', 'fc00::', 'fdff:ffff::1', 'fec0::1'],
  ],
  'link-local': ['169.254.0.0', '169.254.255.255', 'fe80::1', 'febf::1'],
  'carrier-grade': ['100.64.0.0', '100.127.255.255'],
  unspecified: ['0.0.0.0', '0.255.255.255', '::'],
  multicast: ['224.0.0.0', '239.255.255.255', 'ff02::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1'],
  reserved: [
    ...['192.0.0.1', '192.88.99.1', '240.0.0.0', '255.255.255.255'],
    ...['2001::1', '2002:7f00:1::', '64:ff9b:1::1', '100::1', '4000::1', '::127.0.0.1', '::ffff:0:127.0.0.1'],
  ],
  'cloud-metadata': ['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254'],
  'not-an-address': ['', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', 'fe80::1%eth0', '10.0.0.1/8'],
};

const PUBLIC = [
  ...['8.8.8.8', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
  ...['100.63.255.255', '100.128.0.0', '169.253.255.255', '169.255.0.0', '223.255.255.255', '126.255.255.255'],
  ...['2001:4860:4860::8888', '2620:fe::fe', '2001:200::1', '3ffe::1'],
];

describe('classifyAddress', () => {
  for (const [kind, addresses] of Object.entries(KINDS)) {
    it(proves('upstream.addresses', `knows what is ${kind}`), () => {
      expect(addresses.map((address) => [address, classifyAddress(address)])).toEqual(
        addresses.map((address) => [address, kind]),
      );
    });
  }

  it('takes the rest of IPv4 and of global unicast IPv6 for public', () => {
    expect(PUBLIC.filter((address) => classifyAddress(address) !== 'public')).toEqual([]);
  });

  it(proves('upstream.addresses', 'judges an IPv4 address inside an IPv6 one (mapped, NAT64) as itself'), () => {
    const ipv4 = [...PUBLIC, ...Object.values(KINDS).flat()].filter((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address));
    expect(ipv4.length).toBeGreaterThan(30);
    for (const address of ipv4) {
      const kind = classifyAddress(address);
      const [mapped, nat64] = [`::ffff:${address}`, `64:ff9b::${address}`];
      expect([address, classifyAddress(mapped), classifyAddress(nat64)]).toEqual([address, kind, kind]);
      // As `URL` writes them: in hexadecimal.
      expect([mapped, nat64].map((form) => classifyAddress(new URL(`http://[${form}]`).hostname.slice(1, -1)))).toEqual(
        [kind, kind],
      );
    }
  });
});

describe('mayReach', () => {
  const kinds = [...Object.keys(KINDS), 'public'] as AddressKind[];

  it(proves('upstream.addresses', 'lets nothing through but public addresses where private ones are refused'), () => {
    expect(kinds.filter((kind) => mayReach(kind, 'refuse'))).toEqual(['public']);
  });

  it('opens one’s own networks where they are allowed, and never the cloud’s metadata', () => {
    const open = kinds.filter((kind) => mayReach(kind, 'allow'));
    expect(open.sort()).toEqual(['carrier-grade', 'link-local', 'loopback', 'private', 'public']);
  });
});
