/**
 * What alert rules and the workbook ask for is what is sent: metrics, labels and values of instruments.ts, kinds of errors
 * that the code logs. As text, so that no compiler is needed; that they compile, tests/infra/bicep says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instruments, STAGES } from '../../shared/telemetry/instruments.ts';
import { proves } from '../requirements.ts';

const root = new URL('../../', import.meta.url);
const readText = (name: string) => readFileSync(new URL(name, root), 'utf8');

const workbookSchema = z.object({
  items: z.array(z.object({ name: z.string(), content: z.object({ query: z.string().optional() }) })),
});

const alerts = [
  ...readText('infra/modules/alerts.bicep').matchAll(/name: '([\w-]+)'[\s\S]*?query: '''([\s\S]*?)'''/g),
].map((match) => ({ name: match[1] ?? '', query: match[2] ?? '' }));
const panels = workbookSchema
  .parse(JSON.parse(readText('infra/modules/workbook.json')))
  .items.map(({ name, content }) => ({ name, query: content.query ?? '' }))
  .filter(({ query }) => query !== '');

const known = new Map<string, (typeof instruments)[keyof typeof instruments]>(
  Object.values(instruments).map((instrument) => [instrument.name, instrument]),
);
const metricsIn = (query: string) => [...query.matchAll(/'(sallyport\.[\w.]+)'/g)].map((match) => match[1] ?? '');
const labelsIn = (query: string) => [...query.matchAll(/Properties\.(\w+)/g)].map((match) => match[1] ?? '');

/** Every event that the product logs as an error. */
function errorEvents(): Set<string> {
  const sources = readdirSync(new URL('shared/', root), { recursive: true, encoding: 'utf8' });
  const texts = sources.filter((name) => name.endsWith('.ts')).map((name) => readText(`shared/${name}`));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/log\(\s*'error',\s*'([\w-]+)'/g)].map((match) => match[1] ?? '')),
  );
}

describe('alert rules and the workbook', () => {
  it(proves('telemetry.alerts', 'know no metric and no label that is not sent'), () => {
    expect(alerts.length).toBe(6);
    expect(panels.length).toBeGreaterThan(10);
    for (const { name, query } of [...alerts, ...panels]) {
      const metrics = metricsIn(query);
      if (query.includes('AppMetrics')) expect(metrics.length, name).toBeGreaterThan(0);
      for (const metric of metrics) expect([...known.keys()], name).toContain(metric);
      const labels = metrics.flatMap((metric) => Object.keys(known.get(metric)?.labels ?? {}));
      for (const label of labelsIn(query)) expect(labels, name).toContain(label);
    }
  });

  it(proves('telemetry.alerts', 'leave no metric unseen'), () => {
    const shown = new Set(panels.flatMap(({ query }) => metricsIn(query)));
    expect([...known.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  it(proves('telemetry.alerts', 'compare labels with values that they have'), () => {
    const values = new Set<string>([
      ...STAGES,
      ...Object.values(instruments).flatMap(({ labels }) =>
        Object.values<unknown>(labels).filter(Array.isArray).flat(),
      ),
      ...errorEvents(),
    ]);
    for (const { name, query } of [...alerts, ...panels]) {
      const words = [...query.matchAll(/ in \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(/,\s*/));
      const unknown = words.map((word) => word.slice(1, -1)).filter((word) => !values.has(word) && !known.has(word));
      // Levels of a line of the log.
      expect(
        unknown.filter((word) => word !== 'warn' && word !== 'error'),
        name,
      ).toEqual([]);
    }
  });

  it(proves('telemetry.alerts', 'tell of everything that could not be put on record, and of every dead letter'), () => {
    const recorded = [...errorEvents()].filter((event) =>
      /^(intent|outcome|refusal|delivery|administration)-not-recorded$|^transcript-writer-failed$/.test(event),
    );
    expect(recorded).toHaveLength(6);
    const query = alerts.find(({ name }) => name === 'not-recorded')?.query ?? '';
    for (const event of recorded) expect(query).toContain(`'${event}'`);
    expect(alerts.map(({ name }) => name).toSorted()).toEqual([
      'blocks-unreadable',
      'dead-letters',
      'error-rate',
      'holds-unknown',
      'not-recorded',
      'seal-late',
    ]);
  });

  it(proves('telemetry.alerts', 'are in the operator’s document by name, with every metric and no other'), () => {
    const document = readText('docs/operations.md');
    const rows = [...document.matchAll(/^\| (`[^|]+`) \|/gm)].map((match) => match[1] ?? '');
    const metrics = rows.flatMap((row) => [...row.matchAll(/`(sallyport\.[\w.]+)`/g)].map((match) => match[1] ?? ''));
    expect(metrics.toSorted()).toEqual([...known.keys()].toSorted());
    for (const { name } of alerts) expect(rows).toContain(`\`${name}\``);
  });

  it(
    proves('telemetry.alerts', 'read a value where Application Insights puts it: a gauge’s and a counter’s in Sum'),
    () => {
      for (const { name, query } of [...alerts, ...panels]) {
        const kinds = metricsIn(query).map((metric) => known.get(metric)?.kind);
        const asks = /\b(Min|Max|ItemCount)\b/.test(query);
        if (asks) expect(new Set(kinds), name).toEqual(new Set(['histogram']));
      }
    },
  );
});
