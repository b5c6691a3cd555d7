/**
 * Whether what Teams takes is in the vault, and is what it should be. Nothing is posted to a channel unless somebody
 * asked for it, and then one card that nobody can decide anything by. Values are never told.
 */
import type { TeamsConfig } from '../../../shared/config/config.ts';
import { findUrlMistake, urlMistakeMessages } from '../../../shared/config/loopback.ts';
import type { SecretSource } from '../../../shared/credentials/broker.ts';
import { broken, type Check, doubt, type Finding, well } from './check.ts';
import { explainTrouble } from './explain-trouble.ts';

export interface TeamsOptions {
  readonly teams: TeamsConfig | undefined;
  /** Undefined: no vault was named. */
  readonly secrets: SecretSource | undefined;
  /** With `--post-test-card`: posts it by the webhook whose URL stands in this secret. */
  readonly post?: (webhookSecret: string) => Promise<void>;
}

export function createTeamsChecks({ teams, secrets, post }: TeamsOptions): readonly Check[] {
  if (teams === undefined) {
    return [
      { name: 'teams', look: async () => [well('teams', 'not set up: approvers find requests on the page alone')] },
    ];
  }
  const { webhookSecret, replySecret, flow } = teams;
  const wanted = [
    { name: 'teams webhook', secret: webhookSecret, isUrl: true },
    { name: 'teams flow', secret: flow?.urlSecret, isUrl: true },
    { name: 'teams replies', secret: replySecret, isUrl: false },
  ].flatMap(({ secret, ...rest }) => (secret === undefined ? [] : [{ ...rest, secret }]));
  return [
    ...wanted.map(({ name, secret, isUrl }) => ({
      name,
      look: async () => [await lookAtSecret(name, secret, isUrl, secrets)],
    })),
    ...(post === undefined ? [] : [{ name: 'teams card', look: async () => [await postCard(webhookSecret, post)] }]),
  ];
}

async function lookAtSecret(
  name: string,
  secret: string,
  isUrl: boolean,
  secrets: SecretSource | undefined,
): Promise<Finding> {
  if (secrets === undefined) return doubt(name, 'not looked at: no vault was named', 'Say --vault URL');
  let value: string;
  try {
    ({ value } = await secrets.read(secret));
  } catch (error) {
    const why = explainTrouble(error);
    const advice = `Put ${secret} into the vault; or, if it is there, run this as somebody who may read it`;
    return broken(name, `the secret ${secret} can’t be read: ${why}`, advice);
  }
  const mistake = isUrl ? findUrlMistake(value.trim()) : undefined;
  if (mistake === undefined && value.trim() !== '') return well(name, `${secret} is in the vault`);
  const problem = mistake === undefined ? 'is empty' : urlMistakeMessages[mistake];
  return broken(name, `what stands in ${secret} ${problem}`, 'Put the workflow’s URL, or the webhook’s token, in anew');
}

async function postCard(webhookSecret: string | undefined, post: NonNullable<TeamsOptions['post']>): Promise<Finding> {
  if (webhookSecret === undefined) {
    const advice =
      'Hold a call of the sample to see a card: a workflow’s card is for deciding, so none is posted for a test';
    return doubt('teams card', 'none was posted: there is no webhook', advice);
  }
  try {
    await post(webhookSecret);
    return well('teams card', 'posted: look for it in the channel');
  } catch (error) {
    const advice =
      'See that the workflow is on and that its URL was not renewed; what it answered stands in its history';
    return broken('teams card', `could not be posted: ${explainTrouble(error)}`, advice);
  }
}
