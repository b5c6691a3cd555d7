/**
 * What must be true, as data: id → statement. A test cites an id through `proves`, and
 * `tests/infra/requirements.test.ts` fails when an id has no test. The source of each group stands in its comment.
 */
const requirements = {
  // The embedded stack (DESIGN §8, §9)
  'stack.start': 'npm start builds, starts everything on 127.0.0.1, prints what runs where and the ready line',
  'stack.port-in-use': 'A port in use gives one clear line, exit code ≠ 0, and nothing is left running',
  'stack.bad-config':
    'A bad configuration gives one clear line per mistake, exit code ≠ 0, and nothing is left running',
  'stack.missing-file': 'A missing file gives one clear line, exit code ≠ 0, and nothing is left running',
  'stack.stop': 'SIGINT or SIGTERM stops every child within 3 s',
  'stack.data': 'Data survives a restart unless --ephemeral is given',
  'stack.flags': '--config, --port (0 too), --data, --ephemeral, --quiet and --instances are honoured',

  // The function host (LOCAL-STACK §A)
  'host.library': 'The host loads the built files through the real @azure/functions library',
  'host.routes': 'Routes, methods and the route prefix match as the Functions host matches them',
  'host.keys': 'A function whose authLevel asks for a key is refused without it',
  'host.streaming': 'Answers stream through the library’s own server, chunk by chunk, on 127.0.0.1 only',
  'host.timers': 'Timers fire by NCRONTAB, with runOnStartup and isPastDue',
  'host.hooks': 'Start, invocation and stop hooks run, and a post hook may replace an error',
  'host.drain': 'Stop lets running invocations finish before the process ends',
  'host.instances': 'With --instances N, N processes take turns behind one port',
  'host.nothing-registered': 'The host refuses to start when nothing registered',
  'host.invocation-id': 'A client-sent x-ms-invocation-id is overwritten',
  'cure.throw': 'A handler that throws or returns nothing is answered with a 500',
  'cure.body-error': 'A body stream that errors midway ends the response',
  'cure.disconnect': 'A client that disconnects aborts the invocation’s signal',
  'cure.back-pressure': 'A slow reader slows the producer: memory stays bounded',
  'cure.reap': 'A request with an unknown invocation id is answered and forgotten',
  'cure.contract': 'The pinned library behaves as the cure assumes',

  // Stand-ins (LOCAL-STACK §C, §D)
  'azurite.child': 'Azurite runs as a child process on free ports and ends with its parent',
  'vault.secrets': 'The real secrets client reads, writes and lists secrets with versions',
  'vault.keys': 'The real keys client signs with EC keys, wraps and unwraps with RSA keys',
  'vault.challenge': 'The first call without a token gets the 401 challenge, and the credential answers it',
  'vault.switch': 'A test can make the vault slow, failing, or drop the connection after the effect',
  'vault.persist': 'Secrets and keys survive a restart',
  'entra.discovery': 'The issuer, metadata and keys have Entra’s shape',
  'entra.tokens': 'v1 and v2 tokens carry Entra’s claims for users and apps: scp, roles, groups, azp, idtyp',
  'entra.code': 'Authorization code with PKCE works for a public client',
  'entra.client-credentials': 'Client credentials give an app-only token',
  'entra.overage': 'A user in more groups than fit gets the overage claims instead',
  'entra.identity': 'The managed-identity endpoint serves the real credential',
  'entra.switch': 'A test can make Entra slow, failing, or drop the connection after the effect',
  'entra.token-command': 'npm run token prints an access token for a user or an app',

  // The sample upstream
  'crm.eras': 'The CRM server speaks both eras, legacy with sessions',
  'crm.key': 'The CRM server refuses a request without its API key',
  'crm.tools': 'The CRM server’s six tools, its resource and its prompt work on seeded data',
  'crm.sql': 'run_query runs read-only SQL and nothing else',

  // MCP (FACTS §1)
  'mcp.initialize': 'initialize and server/discover work through the gateway',
  'mcp.ping': 'ping is answered',
  'mcp.list': 'tools/list shows what the caller may see, in a stable order, all pages',
  'mcp.call': 'tools/call reaches the upstream and its result comes back',
  'mcp.notifications': 'Client notifications are accepted with 202 and reach the upstream',
  'mcp.sse': 'An SSE answer comes through event by event',
  'mcp.get-delete': 'GET and DELETE behave as each era wants',
  'mcp.session':
    'Legacy session ids are ours, bound to principal and server; the upstream’s is never shown or accepted',
  'mcp.not-handled': 'What is not yet handled answers -32601 by name',
  'mcp.sdk-v1': 'The SDK v1 client works through the gateway unchanged',
  'mcp.sdk-v2': 'The SDK v2 client works through the gateway unchanged in both eras',
  'mcp.inspector': 'The MCP Inspector CLI works through the gateway unchanged',
  'mcp.http': 'A foreign Origin or Host is refused with 403; other media types are refused',
  'mcp.items':
    'Resources, prompts and completion are decided by URI and name; denied and absent alike, the upstream not asked',
  'mcp.request-state': 'requestState is sealed to caller, call and time; the upstream’s own is inside',
  'mcp.questions': 'A legacy server’s questions reach the client, and its answers the server, masked and recorded',
  'mcp.tasks': 'Task ids are handles of ours that only their caller can use',
  'mcp.resume': 'A legacy stream is resumed after its last event, and what comes belongs to the same call',
  'stream.keep-alive': 'A silent stream says a comment at least every 25 s',
  'stream.lifetime': 'A stream of notices ends with its lifetime, and notifications: off answers 405',
  'stream.flushed': 'Each event is flushed when it comes',
  'stream.disconnect': 'A client that leaves cancels the upstream request, through the function host',
  'stream.back-pressure': 'A stream goes at the pace of its reader and costs the process little',
  'mcp.cache': 'A filtered or masked result goes out with cacheScope private and ttlMs 0',

  // Identity (DESIGN §2.1; RFC 6750, RFC 9728)
  'identity.table':
    'No token, wrong audience, expired, alg none, wrong tenant and the rest: 401 with the challenge, generic outside',
  'identity.scope': 'A token without the scope or role gets 403 insufficient_scope',
  'identity.recorded': 'A refused token is recorded under _gateway with the true reason',
  'identity.metadata': 'RFC 9728 metadata names the exact resource, the tenant’s issuer and the scopes',
  'identity.accepted': 'v1 and v2, delegated and app-only tokens are accepted and give principal and agent',
  'identity.overage': 'A token past the group limit is denied, by name, while Graph cannot answer',
  'identity.keys': 'Signing keys are cached, refreshed on an unknown key id, and an outage is a 503, not a 401',

  // The message reader (DESIGN §2.2)
  'reader.strict': 'Duplicate keys, a BOM, batches, other encodings, too deep and too large bodies are refused',
  'reader.numbers': 'Numbers survive exactly in both directions',
  'reader.headers': 'Modern headers must agree with the body, base64 values decoded; else 400 and -32020',
  'reader.same': 'What policy saw is what the upstream gets',
  'reader.era': 'The era is decided per request from the message',

  // Policy (DESIGN §4)
  'policy.schema': 'The Cedar schema is generated from gateway.yaml and tools.lock.json; a misspelt name fails at load',
  'policy.default-deny': 'Without a permit everything is denied, and forbid wins',
  'policy.arguments': 'Typed arguments are mapped exactly; what a policy mentions and cannot be mapped is a deny',
  'policy.reserved-keys': 'Arguments with __entity, __extn or __expr are refused',
  'policy.evaluation-error': 'Any evaluation error, or a request that does not fit the schema, is a deny',
  'policy.hold': 'A deny that approvals would lift is a hold, answered with a plain “needs approval”',
  'policy.approval-positive': 'An approval may stand only where more approvals can only allow more, checked at load',
  'policy.list': 'list decides what is visible',
  'policy.same-bytes': 'A tool that is not visible and one that does not exist give the same bytes',
  'policy.check': 'sallyport policy check says what is wrong, with file and line',
  'policy.pin': 'sallyport pin writes tools.lock.json from the running upstreams',
  'policy.sample': 'The sample policies give the people of the sample what their story says',

  // Keys and credentials (DESIGN §7, §2.6)
  'keys.keyring': 'Masters are wrapped in Key Vault, unwrapped once per process, one key per purpose',
  'keys.race': 'Two instances that create the first version at once end with one',
  'keys.rotation': 'Old versions open and verify; only the newest seals',
  'cli.keyring':
    'sallyport keyring lists the versions of the keyring and makes the next one, once instances are stopped',
  'keys.binding': 'A sealed value opens only for its purpose and its additional data',
  'credentials.injected': 'The secret reaches the upstream in the configured header, and nowhere else',
  'credentials.cached': 'The secret is cached with a bound',
  'credentials.never-forwarded': 'The client’s Authorization, cookies and hop headers never reach the upstream',
  'credentials.redacted': 'A secret printed, inspected or serialised shows nothing',

  // Transcript (DESIGN §6)
  'transcript.genesis': 'A segment begins with the writer’s key, endorsed by Key Vault, and the configuration digest',
  'transcript.before-after': 'A call is durable before the first upstream byte, its outcome before the client sees it',
  'transcript.chain': 'Lines are chained by the hash of their bytes, and each append signs its head',
  'transcript.one-writer': 'A segment has exactly one writer',
  'transcript.lost-response': 'An append whose response was lost is neither lost nor doubled',
  'transcript.group-commit': 'Records that wait share one append',
  'transcript.deadline': 'A hanging store fails the record within its own deadline',
  'transcript.close': 'Shutdown closes open segments',
  'transcript.blob-down': 'With the store down no call goes out; down after the call, the answer is withheld',
  'transcript.side-blob': 'Content over 64 KiB goes to a side blob that is durable before its record',
  'verify.intact': 'An intact transcript verifies with exit code 0',
  'verify.tamper':
    'Edited, inserted, deleted, reordered and swapped records and a cut append are found, the first bad one named',
  'verify.open': 'A segment without a close record is reported as open or cut off',
  'verify.assurance': 'verify states what it cannot show without seals',
  'verify.exit-codes': '0 intact, 1 tampered, 2 could not read',

  // Masking (DESIGN §2.8)
  'masking.classes': 'Cards, SSNs, emails and phones are masked in content text and structuredContent',
  'masking.forms': 'Client form and record form come from one walk; the record form is always masked',
  'masking.exposure': 'Exposure is counted by class and outcome',
  'masking.fail-closed': 'A masking error withholds the answer',
  'masking.fragments': 'A masked value leaves no fragment of six or more of its characters',

  // Configuration
  'config.problems': 'Every mistake is named with its path, all at once; unknown keys are errors',
  'config.schema': 'The JSON Schema for editors is published and in step with the code',
  'config.environment': 'The environment becomes one typed value, every mistake named',
  'config.example': 'local.settings.json.example has every key the code reads and no secret',
  'config.frozen': 'The configuration cannot be changed after load',

  // Smuggling and sign-in (issue “MCP, whole”, points 8 and 11)
  'smuggling.bodies': 'A body that two readers could take for two messages is refused, or arrives as policy saw it',
  'smuggling.headers': 'Headers that contradict the body, stand twice or carry line breaks change nothing upstream',
  'smuggling.paths': 'A path, Host or Origin that means another place than it says reaches no upstream',
  'smuggling.answers': 'Frames that an upstream disguises reach no client: one request, one answer, its own',
  'smuggling.differential': 'An independent strict reader of the upstream’s bytes agrees with what policy saw',
  'clients.oauth': 'The official clients sign in with nothing but the URL: 401, metadata, PKCE, token, call',

  // The era bridge
  'bridge.modern-to-legacy': 'A modern client works with a legacy-only upstream: tools, resources, prompts',
  'bridge.legacy-to-modern': 'A legacy client works with a modern-only upstream: tools, resources, prompts',
  'bridge.no-op': 'Toward an upstream of the client’s era no byte is changed and no request is added',
  'bridge.errors': 'What can’t be carried between the eras answers with the error that the client’s era defines',

  // The whole
  'demo.story': 'npm run demo tells the story and exits ≠ 0 if a step is not as told',
  'house.layout': 'The required files and folders are there',
  'house.sizes': 'No source file is over 300 lines',
  'house.ports': 'Domains take clock, randomness and environment as ports',

  // Resources and prompts in policy; tool definition drift; pin (issue 3, points 2 and 9)
  'policy.items': 'Resources and prompts are seen by list and used by read and get, by server and exact URI or name',
  'drift.quarantine': 'A tool that differs from its pin is hidden and refused until it is as pinned again',
  'drift.alert': 'Where a server only alerts, a tool that differs is shown and called, noted and logged',
  'drift.shared': 'What one instance saw of a tool, the others know within a poll, and a new one before it serves',
  'pin.diff': 'sallyport pin --diff shows what changed in a way a person can judge, --accept writes what was named',
  'pin.suspicious': 'Hidden Unicode, terminal escapes, comments and instruction-like text in definitions are flagged',

  // Limits and upstreams (issue 3, points 7 and 10)
  'limits.at-once': 'Calls and streams at once are limited for each principal and each server, per instance',
  'limits.per-minute': 'Past a principal’s calls in a minute it is 429, with a Retry-After that is true',
  'limits.shared': 'Instances share a minute’s calls within the stated bound, and each limits alone without the store',
  'upstream.addresses': 'Private, loopback and like addresses are refused unless configured, however they are written',
  'upstream.tls': 'An upstream’s certificate is verified, name and issuer, whatever the environment says',
  'upstream.pool': 'Connections to an upstream are kept, bounded, and lead nowhere else',
  'upstream.circuit': 'While an upstream is down calls are answered at once; one trial finds out when it is back',

  // Groups from Microsoft Graph
  'graph.groups': 'Groups past the token’s limit come from Microsoft Graph, twenty ids a request',
  'graph.down': 'While Graph cannot say who is in a group, within its deadline, such callers are denied by name',
  'graph.cache': 'Memberships are cached for a bounded time, lookups are shared, failures are not kept',

  // The Service Bus stand-in (issue 4, point 1)
  'servicebus.messages': 'Messages reach who proves the key, as they were sent, singly and in batches',
  'servicebus.settlement': 'Complete, abandon, dead-letter and lock end as in Azure, each message by its own outcome',
  'servicebus.schedule': 'A scheduled message comes at its time, or never when it was cancelled before',
  'servicebus.duplicates': 'A MessageId is taken once in the window, and scheduled messages count',
  'servicebus.persist': 'A restart loses no message, lock, schedule or remembered id',
  'servicebus.identity': 'As deployed it speaks TLS alone and takes valid Entra tokens for it alone, no shared key',

  // Issue 4: policy and configuration
  'config.approvals': 'gateway.yaml says how long approvals wait, which channels count, and where a call is released',
  'config.own-names': 'A pinned tool or argument of a name that the gateway adds fails at load',
  'policy.met': 'With some quorums met, policy allows the call or says which it still needs, asking nobody twice',
  'policy.justification': 'A missing justification is told as such; giving one can only allow more, checked at load',
  'policy.approve': 'Approving takes a policy; the requester and apps never may, and an error is a no',
  'policy.duties': 'Audit, review and administer are permitted by server, _gateway included, and an error is a no',
  'quorum.distinct': 'One person takes one place in all quorums together, in their group and by a channel that counts',
  'quorum.maximal': 'Every maximal set of quorums that people fill together is found, whatever their order',

  // Issue 4: queues
  'queues.send': 'A message reaches its queue as JSON under its own id, now or at its time, and stands once',
  'host.queues': 'Queue functions get their messages as the Functions host gives them, in every instance',
  'host.queue-failure': 'A message is completed or given back by what became of it alone, and dead-lettered in the end',
  'host.queue-settings': 'Settings of host.json and of a trigger are honoured or refused by name, never ignored',
  'host.queue-lock': 'A message stays with the function that runs on it for as long as host.json says',
  'host.queue-drain': 'A stop takes no new message and settles those that run; a crash gives them to another',
  'host.queue-reconnect': 'Queue functions go on when Service Bus comes late or goes away',
  'queues.deadline': 'Sending never takes longer than its deadline, and goes on once Service Bus is back',

  // Issue 4: pages
  'sign-in.flow':
    'People sign in with Entra: code, PKCE, state and nonce, a federated credential, no secret, no token kept',
  'sign-in.refused': 'A code, ID token or assertion of another app, tenant, sign-in or time signs nobody in',
  'pages.session': 'The session cookie is sealed, bound to tenant and site, and ends by time and by a block',
  'pages.csrf': 'A form that our own page did not send, in this session, changes nothing',
  'pages.redirect': 'After sign-in the browser goes to a page of ours, wherever a link would have sent it',
  'pages.headers': 'Every page is uncached, unframed, without script, and loads nothing from elsewhere',
  'pages.untrusted-text': 'What agents and people wrote stands as text: no markup, nothing hidden or reordered',
  'pages.inbox': 'An approver sees what waits for them and everything they need to decide, and decides with a reason',
  'pages.hidden': 'A request that is not for this person and one that is not there get the same page',
  'pages.browser': 'The pages work in a browser, without JavaScript and on a phone',

  // Issue 4: stores
  'approvals.one-head': 'Of instances that open the same request at once, one does',
  'approvals.all-or-nothing': 'Head and request are written together or not at all',
  'approvals.compare-and-swap': 'A request changes under its newest ETag only',
  'approvals.insert-only': 'A decision that stands is never replaced',
  'approvals.index': 'Everything open is listed, however much it is',
  'approvals.lost-response': 'A write whose response was lost stands once, and its writer can tell that it is theirs',
  'approvals.deadline': 'A storage service that never answers holds nobody longer than a deadline',
  'approvals.foreign-row': 'A row of another shape, or under another’s keys, decides nothing and shows nothing',
  'sealed.bound': 'What is sealed opens for its approval, kind and principal only, and not once it was changed',
  'sealed.erased': 'Without its key a sealed blob can’t be read by anybody',
  'sealed.rotation': 'What an older keyring version sealed still opens, and the newest seals',

  // Issue 4: blocks
  'blocks.kinds':
    'A block keeps out its principal, agent, session or token, or a principal on one server, and nobody else',
  'blocks.load': 'A new instance serves nobody before it has read the blocks',
  'blocks.poll': 'A block stands at once where it was made, and on every instance within a poll of 5 s',
  'blocks.stale': 'What is known longer than 10 s decides nothing; while the blocks can’t be read, everybody is denied',
  'blocks.streams': 'A block ends what its subject has open, and the outcome says so',
  'blocks.recorded': 'A block, and its end, is on record before it takes effect; what cannot be recorded is not done',
  'blocks.api': 'Whoever may administer the gateway blocks, lists and unblocks over its API; nobody else, on record',
  'blocks.command':
    'An operator blocks a principal, agent, session or token by one command, and lets them in by another',

  // Issue 4: API and command line
  'api.door': 'The API hears people with a token for it, and no browser, no agent’s token, no app on approvals',
  'api.bodies': 'What is not exactly the JSON that a route describes is refused before anything is decided',
  'api.approvals': 'The API shows what the inbox shows a person and passes on what they decide, with its evidence',
  'api.document': 'The OpenAPI document describes every route',
  'cli.approvals':
    'sallyport approvals lists, shows, approves and denies, by id or short code, with the promised exit codes',
  'cli.untrusted-text': 'What came with a call can neither command the terminal nor pass for the command’s own lines',

  // Issue 4: Teams
  'teams.sink':
    'The Teams stand-in takes what a flow takes, shows it without a script, and signs replies as Teams does',
  'teams.card': 'A card shows who asks for what through whom, masked, why it waits, until when, and how to answer',
  'teams.card-inert': 'Nothing from outside becomes markup, a link, a mention or a faked row on a card',
  'teams.card-size': 'A card fits into a Teams message, whatever is on it',
  'teams.code': 'A short code is read however it is typed, and finds at most what has that code',
  'teams.notice': 'A card is posted once Teams takes it, tried again under new ids until the request expires',
  'teams.webhook': 'The flow’s address comes from the vault, is read again when refused, and stands in no error',
  'teams.signature': 'A reply without the right signature over its raw bytes is refused before it is read',
  'teams.replay': 'A reply is taken once, in its time, by whichever instance',
  'teams.person': 'A reply speaks for the directory’s person in our tenant, with the groups that Graph says now',
  'teams.command': 'Only what is clearly an approval or a denial decides anything',
  'teams.in-time': 'A reply is answered before Teams gives up, and says what is not known',
  // Issue 4: the life of a held call (DESIGN §5), over the wire
  'hold.pending': 'A held call is answered at once in both eras, in words that a model can follow, and is not made',
  'hold.injected':
    'Tools that can be held show two arguments of the gateway; they are taken off before anything is judged or sent',
  'hold.justification': 'The justification reaches card and transcript, masked, and never the upstream',
  'hold.own-tools': 'The gateway’s own tools stand on servers with holds, and nowhere else',
  'hold.join': 'The same call joins the request that stands; any other call is another request',
  'hold.denied': 'A denial stands with its reason until it runs out, and no repeat lifts it',
  'hold.expired': 'A request that nobody answered in time is never run, and makes room for a new one',
  'hold.cancel': 'The requester may withdraw a request that has not run, and nobody else may',
  'hold.await': 'Waiting for an approval returns its answer, or says after a while that it still waits',
  'hold.others': 'What is another caller’s approval and what is none are answered with the same bytes',
  'hold.task':
    'A client that declared the tasks extension gets a task for a held call, and its answer by asking for it',
  'hold.too-many': 'So many requests of one principal wait, and no more',
  'hold.recorded': 'Asking, deciding, running, collecting and ending are each on record',
  'release.once': 'An approved call runs once, whatever is asked or delivered again',
  'release.sent-as-judged':
    'What was judged and approved is what is sent, numbers exactly, without client capabilities',
  'release.recheck': 'A release is given up when caller, approver, tool or policy are not what they were',
  'release.later': 'While Graph can’t say who is in which group, an approved call waits, and runs when it can',
  'release.caller': 'With release: caller the agent’s next call runs what was approved, and only then',
  'release.failed': 'A call that never reached the upstream ends as failed, and may be asked for again',
  'release.unknown': 'A call that was sent and not answered is unknown after its lease, named so, and never sent again',
  'release.resolved': 'An operator who administers the server, and not the requester, says what became of it',
  'kept.repeatable': 'The kept answer is handed over as often as it is asked for, until it runs out',
  'kept.repeat': 'sallyport_repeat asks for a new approval of a call that has run',
  'kept.continued': 'A kept question is sealed to the call that ran, and its continuation is held again',
  'kept.recorded': 'Each delivery of a kept answer is on record with its exposure, which the run itself has none of',
  'decision.refused':
    'A decision by the requester, of another’s approval, on other evidence or after the end changes nothing and is on record',
  'release.rollback': 'Whoever puts the row of a call that has run back as it was before has nothing to run',
  'release.lease': 'Upstream deadline, lease and lock renewal follow each other, wherever they are configured',
  'message.poison': 'A poison message is given up on, on record, and leaves no queue behind that grows',
  'message.foreign':
    'A message that nobody of ours sent, malformed or for no approval, changes nothing and is on record',

  // Issue 4: approvals
  'approval.one-run':
    'However instances race, die and lose what they hear, a held call runs at most once and only as it was approved',
  'approval.states': 'An approval changes as DESIGN §5 says, and in no other way',
  'approval.fingerprint': 'Calls that differ in anything are two requests; one call is one, however it is written',
  'approval.mac': 'A row or a decision that was changed in anything decides nothing',
  'approval.requester': 'Nobody decides their own request, and no app decides any',
  'approval.left-group': 'Who left the group, or was blocked, counts no more',
  'approval.rotation': 'A new keyring version leaves open requests, decisions and kept answers as they are',
  'approval.crash': 'A change whose answer was lost or never came is known for what it was, or made by nobody twice',
  'approval.sweep': 'What a lost message, a crash or the clock left behind is found and brought to its end',
  'approval.index': 'Every open request is in the index, whatever failed while it was opened',

  // Issue 4: many at once
  'queues.warm-up': 'A new instance opens its way to the queues before the first held call needs it',
  'hold.race': 'The same call made on several instances at once is one request',
  'release.race':
    'Calls that several people decide at once on several instances run once, or not at all, as their records say',

  // Issue 4: oversight and the API's channel
  'api.channel': 'What is decided over the API counts only for quorums that list it, and is listed only then',
  'api.refusals': 'Whom the API turns away is on record, with what is known of them and never the token, flood or not',
  'api.rate': 'A principal asks the API so often and no more, apart from what their agents call',
  'oversight.attention': 'What needs a person is listed for who administers or audits its server, and nobody else',
  'oversight.resolve':
    'An administrator, never the requester, says what became of a call that is unknown, and of no other',
  'oversight.recorded': 'A resolution is on record before it stands; what can’t be recorded is not done',
  'oversight.race': 'Of several resolutions, or an outcome that came late, one stands',
  'oversight.commands': 'Operators list what needs a person and resolve it over the API and by sallyport approvals',

  // Issue 4: attacks
  'attack.certainty': 'A released call is said not to have taken effect only where that is certain',
  'attack.poison-row': 'A row that cannot be read, or that nobody of ours wrote, hides no request and speaks to nobody',
  'attack.agent': 'The agent that asked for a call decides nothing on it, whoever’s token it holds',
  'attack.waits': 'Waiting for approvals takes a principal’s few places for streams, never all for calls',
  'attack.flood': 'What nobody signed is refused as often as it comes, and recorded no more often than can be read',
  'attack.rotation': 'A request that stands is found, whatever ended for the same call under another key',
  'attack.traces': 'What ended by the clock, and who tried to decide what is not theirs, is on record',
  'attack.page-weight': 'What an agent wrote costs a page no more than a small multiple of its size',

  // Issue 4: the clients
  'clients.hold':
    'Each official client is told of a held call and collects its answer unchanged, valid by the tool’s output schema',

  // Issue 4: the fault sweep
  'sweep.path': 'Two clean runs of a held call make the same calls, and those that matter most are among them',
  'sweep.fail':
    'A service that can’t be reached at any one call leaves nothing run twice, unapproved, unrecorded or stuck',
  'sweep.lose': 'Nor does an effect whose response is lost',
  'sweep.hang': 'Nor does a call that hangs past its deadline',
  'sweep.kill': 'Nor does a process that is killed there',
  'sweep.honest': 'What would be wrong after a fault is found: each invariant can fail',

  // Issue 5: home
  'home.own': 'Home shows each person what is theirs: what waits, what they watch, what they run, and nothing else',
  'home.seal': 'Home says which seal is the last, when it was made, and whether it verifies; or that nobody knows',
  'home.exposure': 'Home says what was delivered this week by class and outcome, as far as records are sealed',

  // Issue 5: the story
  'review.story':
    'An auditor comes from home to the review, a call and its proof, decides, signs off and exports, in a browser',

  // Issue 5: the canary
  'canary.nothing-written':
    'Secrets, tokens and data put in everywhere stand in no blob, table, queue, card, page or line of the log, in no form',

  // Issue 5: seals
  'seal.chain': 'Each seal names what changed, signed by Key Vault, and the hash of the seal before it',
  'seal.bad': 'What does not verify, or is gone, is named as bad in the seal and flagged, never skipped',
  'seal.index': 'Whoever indexes verified records gets them at least once and in order, before the seal over them',
  'seal.two-sealers': 'Two sealers at once make one chain',
  'seal.removal-found': 'Removing whole appends or whole segments that a seal covers is found',
  'seal.manifest': 'A signed manifest names all segments of a day that has ended',
  'seal.retention':
    'What its class lets go of is removed only when sealed and named by a manifest, and is told from tampering',
  'seal.status': 'The last seal, its time, and whether it holds, are known from a few requests',
  'seal.sweep':
    'Whichever call of writer and sealer fails, hangs or is the last: nothing lost, doubled or left unsealed',
  'verify.anchor': 'A seal that an auditor kept must still stand, or the chain was made anew',
  'verify.scope': 'Verification goes over days, servers and sessions, each against what seals say of it',
  'seal.recovery': 'A segment whose writer ended is recorded, with the calls that it left without an outcome',

  // Issue 5: sessions
  'sessions.replay':
    'A session’s records become its story: calls with what was delivered, approvals, deliveries, who looked',
  'sessions.index':
    'The index of sessions holds each verified record once, whatever comes twice, in another order or to two sealers',
  'sessions.index-rebuilt': 'Made again from the blobs, the index has the same rows',
  'sessions.filter': 'Sessions are found by person, agent, server, tool, time, decision and class',
  'sessions.page': 'A session is a timeline: calls to be opened, masked parts marked, approvals where they happened',
  'sessions.proof':
    'A session says what proves it: sealed through which seal, newer than the last one, or what does not verify',
  'sessions.api': 'Sessions are listed and read over the API as on the pages',
  'sessions.command':
    'sallyport replay shows sessions from a gateway, or offline from blobs that it verifies, and hides nothing from a terminal',
  'sessions.browser': 'Sessions are found and read in a browser, without script, on a phone and by keyboard',
  'sessions.justification': 'Why an agent called stands in the record of the call, held or not',
  'sessions.audit-only': 'Who may not audit a server finds its sessions as if they were not there',
  'sessions.read-recorded': 'Who looks at sessions is on record before anything is shown; otherwise nothing is',

  // Issue 5: access reviews
  'review.api': 'Programs of an auditor build, read, list and ask over the API',
  'cli.review': 'sallyport review, ask and export tell it in a terminal, from a gateway or from blobs, with exit codes',
  'review.nightly': 'A timer builds what was ordered, and each server’s last thirty days once a day',
  'review.pages': 'Pages show a review in words and drawings without script, and take decisions, sign-off and export',
  'review.export-csv': 'CSV follows RFC 4180, and no cell of it begins like a formula',
  'review.ask': 'A question is answered no, yes with the list, or cannot tell with why, and nothing else',
  'review.keep-revoke':
    'Each person is kept or revoked with a reason, changeable until sign-off; a revoke blocks on that server',
  'review.sign-off':
    'A sign-off names exactly the frozen report and the decisions that were shown, on record, and closes the review',
  'review.self': 'Nobody decides on their own row, nor signs off over their own access while it is undecided',
  'review.read-recorded':
    'Every read, export, question and decision is on record before it is answered; the rest gets not-found',
  'review.concurrent': 'Reviewers at once, lost responses and double posts lose no decision and make one sign-off',
  'review.who-did': 'A review says who did what, how it ended, why, what was held and who decided, and who looked',
  'review.who-could': 'A review says who could by group, policy and directory, who never did, and who may no longer',
  'review.verified-only':
    'What is tampered, unreadable, missing, or newer than the last seal is counted, and never taken for a no',
  'review.sentence': 'The sentence on top of a review claims no more than its records show',

  // Issue 5: masking, its places, rules and actions
  'mask.places':
    'Every place of every message to a client that the protocol’s schemas know has a case: masked, or kept for a reason, counted, and out of the record',
  'mask.field-rules':
    'A field that a rule names is masked whole, wherever it stands: by path, column, heading, in CSV, Markdown, lines, JSON in text',
  'mask.custom-classes':
    'Classes of the configuration’s own are found by pattern and words; a pattern without bounded work, or a path that can’t be followed, stops the gateway with its line',
  'mask.actions':
    'By class or rule, data is redacted, shown in part, named by a keyed token, or its field left out; no part has six characters of the value',
  'mask.output-schema':
    'Masked structured content fits the tool’s output schema whenever the original did, or the answer is withheld',
  'mask.reveal':
    'A class is delivered in clear only where a policy that names reveal permits it to this caller; an error reveals nothing, the record stays masked',
  'mask.reveal-kept': 'A kept answer that shows what policy reveals no longer is withheld',
  'mask.exposure':
    'The exposure of a call counts what was really delivered: masked, revealed, uninspected, or withheld, by class',
  'mask.deadline': 'What masking can’t look through within its deadline is withheld, and on record as such',
  'mask.approver-view':
    'A person sees of held arguments in clear what policy reveals to them; that they looked, and at what, is on record before they see it',
  'mask.uninspected': 'Content that nobody can look into is delivered only where the server’s configuration says so',

  // Issue 5: masking, its detectors and their bars (FACTS §6)
  'masking.cards': 'Card numbers are found by issuer and check digit; bare ones stay where a name says they are others',
  'masking.ssn': 'Social security numbers are found by their form, bare ones by a name nearby only',
  'masking.email': 'Addresses are found in any script',
  'masking.phone': 'Telephone numbers are found in international and national forms, bare ones by a name nearby only',
  'masking.iban': 'Bank account numbers are found by country length and check digits',
  'masking.ip': 'IP addresses of both versions are found, and versions and times are none',
  'masking.secrets':
    'Tokens of more than forty issuers, keys, connection strings and passwords are found, placeholders are none',
  'masking.keys': 'JWTs are found by their header, private keys by their boundaries',
  'masking.evasion':
    'A number hidden in any of 23 ways is found and hidden whole; for the other ways the reason stands beside',
  'masking.split': 'What stands in parts over blocks, items or rows is found',
  'masking.corpus': 'Recall and false positives meet their bars, on documents the detectors have not seen too',
  'masking.linear': 'Every pattern of the masking engine is linear by analysis',
  'masking.hostile': 'Hostile texts are looked at to their end',

  // Issue 6: the deployment
  'deploy.bicep':
    'The deployment compiles without a word, is opened by identity alone, and makes what the code needs and nothing else',
  'deploy.roles': 'The app’s identity has exactly the rights of one table, each with its reason',
  'deploy.settings': 'Every setting that the code reads is deployed, and no other but the platform’s own',
  'deploy.immutability': 'Transcripts and seals can be appended to and not changed until their retention has passed',
  'deploy.diagnostics': 'What is done to each resource is logged',
  'deploy.names': 'Names are valid, however long the environment’s is',
  'deploy.package':
    'The package holds what the app needs at run time and nothing else, runs by itself, and is the same bytes each time',
  'deploy.notices': 'The package carries the license of everything that it carries of others',
  'deploy.func-start':
    'npm run stand-ins starts what no emulator plays and writes the settings by which the built app runs, and nothing over others’',
  'deploy.emulator': 'The official Service Bus emulator gets the queues of the deployment, as far as its limits go',

  // Issue 6: how people connect, and how the gateway is
  'connect.page': 'Whoever may use a server finds on its page what each client must know, as the metadata says it',
  'connect.snippets': 'What is copied from there is complete, parses, survives a shell, and holds no secret',
  'connect.hidden': 'A server that one may not use is as little found there as one that is not there',
  'health.dependencies':
    'Each dependency that fails or hangs is named within a short deadline, and nothing that it said is told',
  'health.administer-only': 'How the gateway is, only those hear who may administer it',

  // Issue 6: answers on a card in Teams
  'teams.flow': 'Approve and deny stand on the card, and decide as the person who pressed, on what was shown',
  'teams.flow-verified':
    'Answers come from the configured workflow’s identity with its role, for this app, or from nobody',
  'teams.flow-once': 'A card is answered once, however often and by whomever it is answered',
  'teams.flow-authorized': 'Who pressed is authorized as on any channel: nobody decides for their being in the channel',
  'teams.flow-deployed':
    'The workflow compiles, carries the gateway’s card and people’s answers, and keeps its URL in the vault',
  'teams.flow-again': 'A card that was used up is posted again while its request waits, a bounded number of times',

  // Issue 6: the doctor
  'doctor.checks': 'Each check says ok where all is well, and was seen to fail where it is not',
  'doctor.advice': 'Whatever is not well is told with what to do about it',
  'doctor.exit-codes': 'doctor exits 0 without a failure, 1 with one, 2 where it could not run',
  'doctor.secrets': 'The doctor prints no credential, token or secret address, whoever quotes one in an error',

  // Issue 6: locking
  'lock.confirm': 'A lock says in plain words what it means and for how long, and wants the account’s name typed',
  'lock.refused': 'Nothing at all is locked while a policy is missing or does not allow appending',
  'lock.etag': 'What is locked is what was shown; a lost answer is looked up, and a stop is gone on from',
  'lock.seen': 'Verify says worm-locked only where transcripts and seals were both seen locked',

  // Issue 6: telemetry
  'telemetry.stages': 'A call is one trace whose spans are its stages, each with its duration',
  'telemetry.alerts': 'Alert rules and workbook ask for exactly the metrics that are sent',
  'telemetry.metrics': 'What is counted and measured is what happened, under the names of one file',
  'telemetry.traceparent':
    'A client’s trace is continued from its message or header and passed on; what is malformed is ignored; nobody buys spans',
  'telemetry.labels': 'No label holds a person, an id, an argument, an address, or a word that is not known beforehand',
  'telemetry.silent': 'Where nobody asks for telemetry, nothing of it is loaded and no call pays for it',

  // Issue 6: the app registration
  'entra.register': 'The app registration is made with all that the gateway needs, in the order that Entra takes',
  'entra.idempotent': 'A second run changes nothing, a stopped one is gone on from, ids are kept, and drift is shown',

  // Issue 6: as deployed
  'access.identity':
    'With the settings of the deployment and no key, a held call runs from its hold to its sealed record',
  'access.refused': 'Storage and Service Bus refuse whoever brings no token, another service’s, or comes without TLS',
  'access.trust': 'Who answers under a service’s name without a trusted certificate gets not a byte of the app’s',
} as const;

export type RequirementId = keyof typeof requirements;

export const requirementIds = Object.keys(requirements) as RequirementId[];

/** A test's title with the requirement it proves: `it(proves('reader.strict', 'refuses a BOM'), …)`. */
export function proves(id: RequirementId, title: string): string {
  return `${title} [${id}]`;
}
