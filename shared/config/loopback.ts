/**
 * What counts as this machine: the only place to which plain http is allowed.
 * It judges names, it resolves none: `localhost` and the loopback literals of RFC 1122 §3.2.1.3 and RFC 4291 §2.5.3.
 */

/** `URL` has already normalised the host: 2130706433 and 0x7f.1 arrive here as 127.0.0.1. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

export type UrlMistake = 'not-a-url' | 'scheme' | 'userinfo' | 'fragment';

/**
 * What is wrong with an address that the gateway will call: https, or http to this machine;
 * nothing in it that would be a secret or get lost. Undefined if nothing is.
 */
export function findUrlMistake(text: string): UrlMistake | undefined {
  const url = URL.parse(text);
  if (url === null) return 'not-a-url';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) return 'scheme';
  if (url.username !== '' || url.password !== '') return 'userinfo';
  if (text.includes('#')) return 'fragment';
  return undefined;
}

/** For people; never quotes the address, which may hold a secret. */
export const urlMistakeMessages: Readonly<Record<UrlMistake, string>> = {
  'not-a-url': 'is not an absolute URL',
  scheme: 'must be https; plain http is allowed to a loopback address only',
  userinfo: 'must not hold a user name or password',
  fragment: 'must not have a fragment',
};
