/**
 * A part of a session's timeline with what its records hold. A session is read once where what is wanted is among its
 * first records, and else twice: what is not shown is not kept in memory.
 */
import type { OpenSession, SessionDesk, SessionView, Viewer } from './session-desk.ts';
import { placeKey, type StoryItem } from './story.ts';

/** Items whose content the first reading keeps. */
const KEPT_AT_FIRST = 200;

export interface Timeline {
  readonly view: SessionView;
  /** Those that were chosen. */
  readonly items: readonly StoryItem[];
  readonly reader: OpenSession['reader'];
}

/** `choose`: of all items, by time, those whose content is wanted. Undefined as of `SessionDesk.show`. */
export async function openTimeline(
  desk: SessionDesk,
  viewer: Viewer,
  id: string,
  choose: (items: readonly StoryItem[]) => readonly StoryItem[],
): Promise<Timeline | undefined> {
  const kept = new Set<string>();
  const opened = await desk.show(viewer, id, (key) => {
    if (kept.size < KEPT_AT_FIRST) kept.add(key);
    return kept.has(key);
  });
  if (opened === undefined) return undefined;
  const { view, reader } = opened;
  const chosen = choose(timelineOf(view.items));
  const wanted = new Set(chosen.map(({ at }) => placeKey(at)));
  if ([...wanted].every((key) => kept.has(key))) return { view, items: chosen, reader };
  const again = await opened.again((key) => wanted.has(key));
  const found = new Map(timelineOf(again.items).map((item) => [placeKey(item.at), item]));
  return { view, items: chosen.map((item) => found.get(placeKey(item.at)) ?? item), reader };
}

/** What an approval's `held` and `joined` say, the call at the same place says too. */
export function timelineOf(items: readonly StoryItem[]): readonly StoryItem[] {
  return items.filter((item) => {
    const isCallToo = item.kind === 'approval' && (item.event === 'held' || item.event === 'joined') && item.call;
    return !isCallToo;
  });
}
