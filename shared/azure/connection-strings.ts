/**
 * Which connection strings lead to this machine and nowhere else. An account key in a setting is a credential that
 * nobody rotates: a string is taken for the embedded stack and the emulators only. Never quotes what it judges.
 */
import { isLoopback } from '../config/loopback.ts';

/** Storage: every address in it is loopback, and there is one. */
export function isLocalStorage(text: string): boolean {
  const values = text.split(';').map((part) => part.slice(part.indexOf('=') + 1));
  const urls = values.map((value) => URL.parse(value)).filter((url) => url?.protocol.startsWith('http'));
  const isDevelopment = /(^|;)\s*UseDevelopmentStorage=true\s*(;|$)/i.test(text);
  return (isDevelopment || urls.length > 0) && urls.every((url) => url !== null && isLoopback(url));
}

/** As the client reads it, and no other way of writing it: what two readers could take for two hosts is refused. */
const LOCAL_ENDPOINT = /^sb:\/\/(127\.0\.0\.1|localhost)(:\d{1,5})?\/?$/;

/** Service Bus: the one `Endpoint` is loopback, without TLS, which nothing on this machine has. */
export function isLocalServiceBus(text: string): boolean {
  const parts = text.split(';').map((part) => part.trim());
  const valuesOf = (name: string) =>
    parts
      .filter((part) => part.slice(0, part.indexOf('=')).trim().toLowerCase() === name)
      .map((part) => part.slice(part.indexOf('=') + 1).trim());
  const [endpoint = '', ...others] = valuesOf('endpoint');
  const isPlain = valuesOf('usedevelopmentemulator').join() === 'true';
  return isPlain && others.length === 0 && LOCAL_ENDPOINT.test(endpoint);
}
