/** What was delivered, by class: what went out in clear stands first, and the words say it as well as the colour. */
import { html } from 'hono/html';
import type { Exposure, FindingOutcome } from '../masking/masker.ts';
import { type Html, visibleLine } from './visible-text.ts';

/** Worst first. */
const OUTCOMES = ['revealed', 'uninspected', 'withheld', 'masked'] as const satisfies readonly FindingOutcome[];
const TONES: Readonly<Record<FindingOutcome, string>> = {
  revealed: 'badge bad',
  uninspected: 'badge warn',
  withheld: 'badge ended',
  masked: 'badge good',
};

export function exposureChips(exposure: readonly Exposure[]): Html {
  const found = OUTCOMES.flatMap((outcome) => exposure.filter((each) => each.outcome === outcome && each.count > 0));
  if (found.length === 0) return html`<p class="quiet">No sensitive data was found in what was delivered.</p>`;
  return html`<ul class="chips">
${found.map(
  ({ class: name, outcome, count }) =>
    html`<li class="${TONES[outcome]}">${visibleLine(name)} ${count.toLocaleString('en-GB')} ${outcome}</li>\n`,
)}</ul>`;
}
