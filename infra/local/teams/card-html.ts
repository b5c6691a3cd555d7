/**
 * An Adaptive Card as HTML that a person can read: the elements that our cards use, everything escaped, text blocks
 * without their Markdown. What it does not know it names, so that nothing on a card goes unseen.
 */
import { html } from 'hono/html';

type Html = ReturnType<typeof html>;
type Element = Readonly<Record<string, unknown>>;

/** `renderAnswer`: for a button that leads to an answer; undefined for one that does not. */
export function renderCard(card: Element, renderAnswer: (action: Element) => Html | undefined): Html {
  const actions = elements(card.actions).map((action) => renderAnswer(action) ?? renderAction(action));
  return html`${elements(card.body).map(render)}<div class="actions">${actions}</div>`;
}

function render(element: Element): Html {
  switch (element.type) {
    case 'TextBlock':
      return element.style === 'heading'
        ? html`<h2>${text(element)}</h2>`
        : html`<p class="label">${text(element)}</p>`;
    case 'RichTextBlock':
      return html`<p>${elements(element.inlines).map(renderRun)}</p>`;
    case 'ColumnSet':
      return html`<div class="row">${elements(element.columns).map((column) => html`<div>${elements(column.items).map(render)}</div>`)}</div>`;
    case 'Container':
      return html`<section class="${element.style === 'warning' ? 'warning' : ''}">${elements(element.items).map(render)}</section>`;
    default:
      return html`<p class="label">(${String(element.type)}: ${JSON.stringify(element)})</p>`;
  }
}

function renderRun(run: Element): Html {
  if (run.fontType === 'Monospace') return html`<code>${text(run)}</code>`;
  if (run.weight === 'Bolder') return html`<b>${text(run)}</b>`;
  return run.italic === true ? html`<i>${text(run)}</i>` : html`<span>${text(run)}</span>`;
}

function renderAction(action: Element): Html {
  const url = URL.parse(String(action.url));
  const title = String(action.title);
  // The one place where an address from a card becomes a link.
  if (url === null || !/^https?:$/.test(url.protocol)) return html`<span>${title}: ${String(action.url)}</span>`;
  return html`<a href="${url.href}" rel="noreferrer noopener">${title}</a>`;
}

function text(element: Element): string {
  return String(element.text);
}

function elements(value: unknown): readonly Element[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
