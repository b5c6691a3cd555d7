/** Where the browser goes after it signed in: a page of ours and nothing else, whatever a link says. */

const HOME = '/ui/';
const MAX_CHARACTERS = 300;
/** Printable ASCII without what a browser reads as a slash, and no second slash at the start. */
const OWN_PATH = /^\/ui\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/;

/** The path with its query, as the URL standard spells it; home for everything else. */
export function toReturnPath(wanted: string | undefined, publicUrl: string): string {
  if (wanted === undefined || wanted.length > MAX_CHARACTERS || !OWN_PATH.test(wanted)) return HOME;
  const url = URL.parse(wanted, publicUrl);
  if (url === null || url.origin !== publicUrl) return HOME;
  const path = url.pathname + url.search;
  // Dots may have led out of /ui; and signing in leads to no other sign-in.
  return OWN_PATH.test(path) && !/^\/ui\/sign-(in|out)\b/.test(path) ? path : HOME;
}
