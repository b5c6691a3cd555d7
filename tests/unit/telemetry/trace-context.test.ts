/** What a client says of its trace is a stranger's word: read by the letter of W3C Trace Context, or not at all. */
import { describe, expect, it } from 'vitest';
import { formatTraceParent, readTraceContext } from '../../../shared/telemetry/trace-context.ts';
import { proves } from '../../requirements.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-01`;

describe('traceparent', () => {
  it(proves('telemetry.traceparent', 'is read, and written as it was'), () => {
    const context = readTraceContext(PARENT);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
    expect(context && formatTraceParent(context)).toBe(PARENT);
    expect(readTraceContext(`00-${TRACE}-${SPAN}-00`)?.isSampled).toBe(false);
  });

  it(proves('telemetry.traceparent', 'of a later version is read as far as this one knows it'), () => {
    const expected = { traceId: TRACE, spanId: SPAN, isSampled: true };
    expect(readTraceContext(`01-${TRACE}-${SPAN}-01-what-comes-later`)).toEqual(expected);
    expect(readTraceContext(`cc-${TRACE}-${SPAN}-09`)).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['no text', 7],
    ['absent', null],
    ['a version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['more than this version has', `${PARENT}-00`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capital digits', PARENT.toUpperCase()],
    ['a digit too few', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['white space around it', ` ${PARENT}`],
    ['two of them, as headers are joined', `${PARENT}, ${PARENT}`],
    ['a line break', `${PARENT}\n`],
    ['a later version without an end', `01-${TRACE}-${SPAN}-01-${'x'.repeat(10_000)}`],
    ['what follows later flags without a dash', `01-${TRACE}-${SPAN}-01x`],
  ])(proves('telemetry.traceparent', 'is ignored: %s'), (_what, parent) => {
    expect(readTraceContext(parent)).toBeUndefined();
  });
});

describe('tracestate', () => {
  it.each(['a=1', 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7', 'tenant@system=x, b/c_d*e-f=g'])(
    proves('telemetry.traceparent', 'goes along: %s'),
    (state) => {
      expect(readTraceContext(PARENT, state)?.state).toBe(state);
    },
  );

  it.each([
    ['too long', `a=${'x'.repeat(600)}`],
    ['too many members', Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(',')],
    ['no member', 'what is this'],
    ['a line break', 'a=1\nb=2'],
    ['other letters', 'a=é'],
    ['capital letters in a key', 'A=1'],
    ['no text', { a: 1 }],
    ['empty', ''],
  ])(proves('telemetry.traceparent', 'is left out, and its traceparent kept: %s'), (_what, state) => {
    expect(readTraceContext(PARENT, state)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
  });
});
