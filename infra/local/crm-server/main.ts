/**
 * Runs the sample CRM alone: `node infra/local/crm-server/main.ts --port N [--data FILE]`, its key in CRM_API_KEY.
 */
import { parseArgs } from 'node:util';
import { startCrmServer } from './start.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, data: { type: 'string' } } });
const apiKey = process.env.CRM_API_KEY;
if (!apiKey) {
  console.error('CRM_API_KEY must hold the key that clients send in x-api-key');
  process.exit(2);
}

const crm = await startCrmServer({
  port: Number(values.port),
  apiKey,
  ...(values.data === undefined ? {} : { databaseFile: values.data }),
  log: (line) => console.error(line),
});
console.log(`ready ${crm.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void crm.stop());
