/**
 * The shape of gateway.yaml, as people write it: the one source of the loader's checks and of the JSON Schema that
 * editors read (`infra/config-schema.ts`). Strict: an unknown key is a mistake. Checks that need more than one
 * place in the file are in `cross-checks.ts`.
 */
import { z } from 'zod';
import { CHANNELS } from './channels.ts';
import { mayCarryCredential, TOKEN_PATTERN } from './credential-header.ts';
import { limits } from './limits-schema.ts';
import { findUrlMistake, isLoopback, urlMistakeMessages } from './loopback.ts';
import { fieldRules, masking } from './masking-schema.ts';
import { GATEWAY_SERVER, NAME_PATTERN, RETENTION_PATTERN } from './names.ts';

const NAME_RULE = 'must be a name: a small letter, then small letters, digits and hyphens, 32 in all';

const name = z.string().regex(NAME_PATTERN, NAME_RULE);

const serverName = z.string().regex(NAME_PATTERN, {
  error: ({ input }) => (input === GATEWAY_SERVER ? 'is the name of the gateway’s own records' : NAME_RULE),
});

const retentionName = z
  .string()
  .regex(RETENTION_PATTERN, 'must be small letters, digits and single hyphens between them, 32 in all');

const GUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

const objectId = z.string().regex(GUID, 'must be an Entra object id (a GUID)').toLowerCase();

const clientId = z.string().regex(GUID, 'must be the client id of an app (a GUID)').toLowerCase();

const upstreamUrl = z.string().transform((text, context) => {
  const mistake = findUrlMistake(text);
  if (mistake === undefined) return new URL(text).href;
  context.addIssue({ code: 'custom', message: urlMistakeMessages[mistake] });
  return z.NEVER;
});

const origin = z
  .string()
  .refine(isOrigin, 'must be an exact origin such as https://agents.example.com, without a path');

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.origin === text && (url.protocol === 'https:' || isLoopback(url));
}

const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,120}$/, 'must be a scope name without spaces or quotes');

const identity = z
  .strictObject({
    scope: scopeName.default('Mcp.Invoke').describe('Short name of the scope that a delegated token must carry.'),
    role: z.string().min(1).max(120).default('Mcp.Invoke.All').describe('App role that an app-only token must carry.'),
    apiScope: scopeName
      .default('Sallyport.Manage')
      .describe('Short name of the scope of the API, by which people decide. Give it to no app that is an agent.'),
    apiRole: z
      .string()
      .min(1)
      .max(120)
      .default('Sallyport.Manage.All')
      .describe('App role of app-only tokens for the API. Approvals take no such token.'),
    flowRole: z
      .string()
      .min(1)
      .max(120)
      .default('Approvals.Respond')
      .describe('App role that the Teams workflow’s token must carry to bring answers.'),
    resource: z
      .enum(['exact', 'parent'])
      .default('exact')
      .describe(
        'exact: each server’s own URL is an identifier URI of the app registration; parent: {public URL}/mcp is.',
      ),
    audiences: z.array(z.string().min(1)).default([]).describe('Further audiences to accept, on every server.'),
    clockSkewSeconds: z.int().min(0).max(300).default(60).describe('Clock skew allowed on token times, seconds.'),
    clients: z
      .strictObject({
        desktop: clientId
          .exactOptional()
          .describe('A public client, through which Claude Code, Cursor and the MCP Inspector sign people in.'),
        copilotStudio: clientId.exactOptional().describe('The app that Copilot Studio signs people in with.'),
      })
      .exactOptional()
      .describe('Client ids that /ui/connect tells people. They are no secrets, and allow nothing.'),
  })
  // With one name for both, an agent could approve with the very token that lets it call.
  .refine(({ scope, apiScope }) => !isSameName(scope, apiScope), {
    path: ['apiScope'],
    error: 'must differ from identity.scope, which agents get',
  })
  .refine(({ role, apiRole }) => !isSameName(role, apiRole), {
    path: ['apiRole'],
    error: 'must differ from identity.role, which agents get',
  })
  .refine(({ role, apiRole, flowRole }) => !isSameName(flowRole, role) && !isSameName(flowRole, apiRole), {
    path: ['flowRole'],
    error: 'must differ from identity.role and identity.apiRole: who has it speaks for whoever answered in Teams',
  });

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

const secretName = z.string().regex(/^[0-9a-zA-Z-]{1,127}$/, 'must be a Key Vault secret name');

const quorum = z.strictObject({
  from: z
    .array(
      z.strictObject({
        group: name.describe('A name under groups.'),
        people: z.int().min(1).max(20).default(1).describe('How many distinct people of the group.'),
      }),
    )
    .min(1)
    .describe('All of these are wanted.'),
  channels: z
    .array(z.enum(CHANNELS))
    .min(1)
    .refine((channels) => new Set(channels).size === channels.length, 'names a channel twice')
    .default(['page'])
    .describe(
      'Where an approval must be given to count; page, signed in, is the strongest; api is sallyport approvals.',
    ),
});

const tool = z.strictObject({
  labels: z
    .array(z.enum(['destructive', 'read-only', 'open-world']))
    .refine((labels) => new Set(labels).size === labels.length, 'names a label twice')
    .refine(
      (labels) => !(labels.includes('destructive') && labels.includes('read-only')),
      'can’t be both destructive and read-only',
    )
    .describe('Risk as you judge it; what the server says of itself does not count.'),
});

const credential = z.strictObject({
  secret: secretName.describe('Name of the Key Vault secret. Its value never stands in this file.'),
  header: z
    .string()
    .regex(TOKEN_PATTERN, 'must be a header name')
    .refine(mayCarryCredential, 'is a header that the gateway, MCP or a proxy sets')
    .toLowerCase()
    .describe('Header that carries the secret, e.g. x-api-key or authorization.'),
  scheme: z
    .string()
    .regex(TOKEN_PATTERN, 'must be one word such as Bearer')
    .exactOptional()
    .describe('Put before the value with one space, e.g. Bearer.'),
});

const server = z.strictObject({
  url: upstreamUrl.describe('The MCP endpoint: https, or http to a loopback address.'),
  credential: credential.exactOptional().describe('How the gateway proves itself to the server.'),
  retention: retentionName.describe('A class under transcripts.retention.'),
  notifications: z.enum(['on', 'off']).default('off').describe('off: a GET stream answers 405.'),
  uninspected: z
    .enum(['deny', 'allow'])
    .default('deny')
    .describe('What is done with parts that nobody can look into, such as images.'),
  allowMethods: z
    .array(z.string().regex(/^[A-Za-z][\w./-]{0,127}$/, 'must be a method name'))
    .default([])
    .describe('Methods beyond the protocol’s that are passed on, for whoever may use the server.'),
  drift: z
    .enum(['quarantine', 'alert'])
    .default('quarantine')
    .describe('A tool that differs from its pin: hidden and refused, or only reported.'),
  protocol: z.enum(['auto', 'modern', 'legacy']).default('auto').describe('Which eras the server speaks.'),
  privateAddresses: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe(
      'Whether it may stand on a private, loopback or link-local address; on the cloud’s metadata it never may.',
    ),
  release: z
    .enum(['worker', 'caller'])
    .default('worker')
    .describe('Where an approved call runs: in the approver function, or with the agent’s next identical call.'),
  masking: z
    .strictObject({ rules: fieldRules })
    .exactOptional()
    .describe('Field rules for this server, beside those that go for all.'),
  tools: z.record(z.string().min(1).max(128), tool).default({}).describe('Risk labels by tool.'),
});

const retention = z.strictObject({
  days: z.int().min(1).max(36_500).describe('How long transcripts of this class are kept.'),
});

const transcripts = z.strictObject({
  retention: z.record(retentionName, retention).describe('Retention classes; each is a container of its own.'),
  deadlineMs: z.int().min(100).max(60_000).default(10_000).describe('Time for one record to become durable.'),
  idleMs: z.int().min(1_000).max(86_400_000).default(900_000).describe('A segment idle for so long is closed.'),
});

const http = z.strictObject({
  origins: z.array(origin).default([]).describe('Origins whose browsers may call.'),
  hosts: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a host name in small letters, without a port'))
    .default([])
    .describe('Host names beside the public URL’s.'),
  trustedHops: z
    .int()
    .min(0)
    .max(8)
    .default(1)
    .describe('Proxies in front, counted from the right of X-Forwarded-For.'),
});

/** A week, which Service Bus and people's patience both bear. */
const MOST_MINUTES = 10_080;

const approvals = z.strictObject({
  expireMinutes: z
    .int()
    .min(1)
    .max(MOST_MINUTES)
    .default(60)
    .describe('A held call that nobody decided ends after so long.'),
  keepAnswerMinutes: z
    .int()
    .min(1)
    .max(MOST_MINUTES)
    .default(1_440)
    .describe('The answer of an approved call is kept for its agent for so long.'),
  openAtMost: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Requests of one person or app that may wait at once; more are refused.'),
  teams: z
    .strictObject({
      webhookSecret: secretName
        .exactOptional()
        .describe('Key Vault secret with the URL of the Teams workflow that posts the cards.'),
      replySecret: secretName
        .exactOptional()
        .describe('Key Vault secret with the security token of the Teams outgoing webhook that brings replies.'),
      flow: z
        .strictObject({
          identity: objectId.describe('Object id of the workflow’s managed identity: nobody else brings answers.'),
          urlSecret: secretName.describe('Key Vault secret with the URL that starts the workflow.'),
        })
        .exactOptional()
        .describe(
          'The workflow of infra/teams/flow.bicep: cards with approve and deny on them. In place of webhookSecret.',
        ),
    })
    .exactOptional()
    .describe('Cards in a Teams channel, and answers to them. Without it, approvers find requests on the page.'),
});

export const gatewaySchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this file’s format.'),
    identity: identity
      .prefault({})
      .describe('What a token must say. The tenant and the app come from the environment.'),
    groups: z.record(name, objectId).default({}).describe('Names that policies use → Entra object ids.'),
    quorums: z.record(name, quorum).default({}).describe('Who must approve, by a name that policies use.'),
    servers: z.record(serverName, server).describe('The MCP servers behind the gateway, each at /mcp/{name}.'),
    masking: masking.prefault({}).describe('What is masked in every message to a client, and in every record.'),
    transcripts: transcripts.describe('How transcripts are kept.'),
    limits: limits.prefault({}).describe('Sizes in bytes, times in milliseconds.'),
    http: http.prefault({}).describe('Browsers and proxies.'),
    approvals: approvals.prefault({}).describe('How long held calls and their answers wait, and who is told.'),
  })
  .describe(
    'Sallyport: servers, people and limits. Policies stand in policies.cedar, pinned tools in tools.lock.json.',
  );

/** gateway.yaml after its defaults. */
export type Gateway = z.output<typeof gatewaySchema>;
