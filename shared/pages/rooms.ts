/**
 * The parts of the house that the bar leads to. Who may not enter one is not told that it is there; each page still asks
 * for itself.
 */
import { html } from 'hono/html';
import type { Html } from './visible-text.ts';

export type Room = 'approvals' | 'sessions' | 'reviews' | 'connect';

const WORDS: Readonly<Record<Room, string>> = {
  approvals: 'Approvals',
  sessions: 'Sessions',
  reviews: 'Reviews',
  connect: 'Connect',
};

export function roomLinks(rooms: readonly Room[], current: Room | undefined): Html {
  return html`<nav class="rooms" aria-label="Rooms">
${rooms.map((room) => link(room, room === current))}</nav>`;
}

function link(room: Room, isCurrent: boolean): Html {
  if (isCurrent)
    return html`<a href="/ui/${room}" aria-current="page">${WORDS[room]}</a>
`;
  return html`<a href="/ui/${room}">${WORDS[room]}</a>
`;
}
