/**
 * Where an approver answered, from the strongest (DESIGN §5): signed in on a page, with a token for the API, by a reply in
 * Teams, on the flow's card. A decision counts only for the quorums that list its channel.
 */
export const CHANNELS = ['page', 'api', 'teams-reply', 'teams-flow'] as const;

export type Channel = (typeof CHANNELS)[number];
