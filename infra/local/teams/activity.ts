/**
 * A message in a channel as Teams' outgoing webhook posts it, and its signature (FACTS §5). Pure but for the text's
 * escaping: the same input gives the same bytes.
 */
import { createHmac } from 'node:crypto';
import type { Directory, User } from '../entra/directory.ts';

export interface ActivityInput {
  readonly directory: Directory;
  readonly sender: User;
  /** As the person typed it. */
  readonly text: string;
  /** Teams' ids are milliseconds since 1970, unique in a conversation. */
  readonly idMs: number;
  /** Members that stand in place of the usual ones, however wrong. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

const WEBHOOK = { id: '28:5a11e000-0000-4000-8000-0000000000f1', name: 'Sallyport' };
const CHANNEL = '19:approvals@thread.tacv2';

export function createActivity({ directory, sender, text, idMs, overrides }: ActivityInput): Record<string, unknown> {
  const { tenantId } = directory;
  const time = new Date(idMs).toISOString();
  const mention = `<at>${WEBHOOK.name}</at>`;
  return {
    type: 'message',
    id: String(idMs),
    timestamp: time,
    localTimestamp: time,
    serviceUrl: `https://smba.trafficmanager.net/emea/${tenantId}/`,
    channelId: 'msteams',
    from: { id: `29:${sender.objectId}`, name: sender.displayName, aadObjectId: sender.objectId },
    conversation: {
      isGroup: true,
      conversationType: 'channel',
      tenantId,
      id: `${CHANNEL};messageid=${idMs}`,
      name: 'Approvals',
    },
    recipient: null,
    textFormat: 'plain',
    attachmentLayout: null,
    text: `${mention}&nbsp;${escapeHtml(text)}\n`,
    attachments: [{ contentType: 'text/html', content: `<div>${mention}&nbsp;${escapeHtml(text)}</div>` }],
    entities: [
      { type: 'clientInfo', locale: 'en-GB', country: 'GB', platform: 'Windows' },
      { type: 'mention', mentioned: WEBHOOK, text: mention },
    ],
    channelData: {
      tenant: { id: tenantId },
      team: { id: CHANNEL, name: 'Operations' },
      channel: { id: CHANNEL, name: 'Approvals' },
      teamsTeamId: CHANNEL,
      teamsChannelId: CHANNEL,
    },
    locale: 'en-GB',
    ...overrides,
  };
}

/** `secret`: base64, as Teams shows it once. */
export function signActivity(secret: string, body: string): string {
  return `HMAC ${createHmac('sha256', Buffer.from(secret, 'base64')).update(body).digest('base64')}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
