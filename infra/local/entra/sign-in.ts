/**
 * The sign-in page, without a password: a list of the tenant's people. A `login_hint` (or `user`) that names one of
 * them signs in at once, so a test or a command-line client needs no browser. Never a session: each time anew.
 */
import type { ServerResponse } from 'node:http';
import { type Directory, findUser, type User } from './directory.ts';

/** Who signs in with this request to the authorize endpoint, if it says so. */
export function signedInUser(directory: Directory, query: URLSearchParams): User | undefined {
  const who = query.get('user') ?? query.get('login_hint');
  return who === null ? undefined : findUser(directory, who);
}

export function answerSignInPage(directory: Directory, query: URLSearchParams, response: ServerResponse): void {
  const people = directory.users.map((user) => {
    const chosen = new URLSearchParams(query);
    chosen.set('user', user.name);
    return `<li><a href="?${escapeHtml(chosen.toString())}">${escapeHtml(user.displayName)}</a> ${escapeHtml(user.principalName)}</li>`;
  });
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in: local stand-in for Entra ID</title>
<h1>Who are you?</h1>
<p>This stands in for Microsoft Entra ID on your machine. There is no password.</p>
<ul>
${people.join('\n')}
</ul>
</html>
`;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(html);
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
