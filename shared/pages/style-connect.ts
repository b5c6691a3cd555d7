/** The part of the stylesheet that texts to copy have for themselves: one click selects a whole one. */
export const CONNECT_STYLE = `
.copies { display: grid; gap: 0.7rem; }
.copies.short { gap: 0.4rem; }
.copies.short > div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 0.1rem 1rem; align-items: center; }
.copies.short .copy { margin-top: 0; padding-block: 0.4rem; }
.copies dt { color: var(--quiet); font-size: 0.92rem; }
.copy {
  user-select: all; -webkit-user-select: all; margin-top: 0.2rem; padding: 0.65rem 0.85rem; border: 1px solid var(--line);
  border-radius: 8px; background: var(--paper);
}
.jumps { display: flex; flex-wrap: wrap; gap: 0 0.2rem; margin-inline: -0.6rem; }
.jumps a { display: inline-flex; align-items: center; min-height: 44px; padding-inline: 0.6rem; }
.sheet:target { border-color: var(--accent); }
@media (max-width: 34rem) { .copies.short > div { grid-template-columns: minmax(0, 1fr); } }
`;
