import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, CallEvent, Protocol } from '../../src/server/protocol.js';
import { AsteriskProtocol } from '../../src/server/protocols/asterisk.js';
import { AudioHookProtocol } from '../../src/server/protocols/audiohook.js';
import { DeepgramProtocol } from '../../src/server/protocols/deepgram.js';
import { FreeswitchProtocol } from '../../src/server/protocols/freeswitch.js';
import { NativeProtocol } from '../../src/server/protocols/native.js';
import { TwilioProtocol } from '../../src/server/protocols/twilio.js';
import { VoskProtocol } from '../../src/server/protocols/vosk.js';

const ID = '11111111-2222-4333-8444-555555555555';

const request = (query: string) => ({ query: new URLSearchParams(query), headers: {}, newId: ID, startedAtMs: 0 });

/** Each protocol, and frames that get a fuzzer past its front door. */
const PROTOCOLS: readonly [string, () => Protocol, readonly string[]][] = [
  [
    'native',
    () => new NativeProtocol(),
    ['{"type":"start","encoding":"pcmu"}', '{"type":"Finalize"}', '{"type":"CloseStream"}', '{"type":"KeepAlive"}', '{"type":"dtmf","digit":"1"}', '{"type":"subscribe","call_id":"x"}'],
  ],
  ['vosk', () => new VoskProtocol(), ['{"config":{"sample_rate":"16000.0"}}', '{"eof" : 1}', '{"reset" : 1}', '{"config":{"max_alternatives":2}}']],
  [
    'twilio',
    () => new TwilioProtocol({ sendsResults: true }),
    [
      '{"event":"connected"}',
      '{"event":"start","sequenceNumber":"1","start":{"callSid":"CA1","tracks":["inbound"]}}',
      '{"event":"media","sequenceNumber":"2","media":{"payload":"////","timestamp":"0","track":"inbound"}}',
      '{"event":"media","sequenceNumber":"4","media":{"payload":"////","timestamp":"40"}}',
      '{"event":"dtmf","sequenceNumber":"3","dtmf":{"digit":"5"}}',
      '{"event":"stop","sequenceNumber":"5"}',
    ],
  ],
  [
    'asterisk',
    () => new AsteriskProtocol({ hangupDigit: '#' }),
    ['MEDIA_START connection_id:a channel:b format:ulaw optimal_frame_size:160', '{"event":"MEDIA_START","format":"slin16"}', 'DTMF_END digit:5', 'DTMF_END digit:#', 'MEDIA_XOFF'],
  ],
  ['freeswitch', () => new FreeswitchProtocol({ query: new URLSearchParams(), standardRateHz: 8_000 }), ['{"sampleRate":16000,"mixType":"stereo"}', 'hello', '{"type":"CloseStream"}']],
  [
    'audiohook',
    () => new AudioHookProtocol({ organizationId: undefined, sessionId: undefined, newId: () => ID }),
    [
      `{"version":"2","id":"${ID}","type":"open","seq":1,"serverseq":0,"position":"PT0S","parameters":{"organizationId":"${ID}","conversationId":"${ID}","media":[{"type":"audio","format":"PCMU","channels":["external"],"rate":8000}]}}`,
      `{"version":"2","id":"${ID}","type":"ping","seq":2,"serverseq":1,"parameters":{}}`,
      `{"version":"2","id":"${ID}","type":"discarded","seq":2,"serverseq":1,"parameters":{"start":"PT0S","discarded":"PT1.5S"}}`,
      `{"version":"2","id":"${ID}","type":"close","seq":3,"serverseq":2,"parameters":{"reason":"end"}}`,
    ],
  ],
  ['deepgram', () => new DeepgramProtocol(request('encoding=mulaw&sample_rate=8000&interim_results=true')), ['{"type":"KeepAlive"}', '{"type":"Finalize"}', '{"type":"CloseStream"}']],
];

const FORMAT = { encoding: 'pcmu', sampleRateHz: 8_000, channels: 1, bigEndian: false } as const;
const ANSWERS: readonly CallEvent[] = [
  { kind: 'call_started', callId: 'c', format: FORMAT },
  { kind: 'speech_started', channel: 0, atS: 1 },
  { kind: 'partial', channel: 0, utterance: 0, startS: 0, endS: 1, text: 'hej', stableText: '' },
  { kind: 'final', channel: 0, utterance: 0, startS: 0, endS: 1, text: 'hej du', segments: [{ start: 0, end: 1, text: 'hej du', confidence: 0.5 }], utteranceEnd: true, waitedS: 0.1 },
  { kind: 'lost', channel: 0, utterance: 1, startS: 1, endS: 2 },
  { kind: 'digit', digit: '1', atS: 0 },
  { kind: 'lag', lagS: 3, behind: true },
  { kind: 'mark', mark: 0 },
  { kind: 'stopping', withinS: 5 },
  { kind: 'ended', callId: 'c', durationS: 2, comments: [{ channel: 0, text: '', segments: [], verdict: undefined, lost: [] }], digits: [], metadata: {}, fault: undefined },
  { kind: 'ended', callId: 'c', durationS: 2, comments: [], digits: [], metadata: {}, fault: { code: 'too_long', message: 'too long' } },
];

type Step = { readonly text: string } | { readonly binary: Uint8Array } | { readonly answer: CallEvent };

function steps(seeds: readonly string[]): fc.Arbitrary<Step[]> {
  const broken = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(400), fc.string({ maxLength: 8 }))
    .map(([seed, at, piece]) => seed.slice(0, at % (seed.length + 1)) + piece + seed.slice(at % (seed.length + 1)));
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...seeds).map((text) => ({ text })) },
    { weight: 2, arbitrary: broken.map((text) => ({ text })) },
    { weight: 1, arbitrary: fc.string().map((text) => ({ text })) },
    { weight: 1, arbitrary: fc.json().map((text) => ({ text })) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 64 }).map((binary) => ({ binary })) },
    { weight: 2, arbitrary: fc.constantFrom(...ANSWERS).map((answer) => ({ answer })) },
  );
  return fc.array(step, { maxLength: 30 });
}

describe.each(PROTOCOLS)('%s', (_, create, seeds) => {
  it('never throws, begins once, ends in a close, and then is silent', () => {
    fc.assert(
      fc.property(steps(seeds), (script) => {
        const protocol = create();
        const actions: Action[] = [...protocol.open()];
        for (const step of script) {
          const before = protocol.state;
          const given = 'text' in step ? protocol.text(step.text) : 'binary' in step ? protocol.binary(step.binary) : protocol.answer(step.answer);
          if (before === 'closed') expect(given).toEqual([]);
          if (before === 'waiting' && 'binary' in step && given.some((action) => action.kind === 'audio')) expect(given[0]!.kind).toBe('started');
          actions.push(...given);
        }
        const kinds = actions.map((action) => action.kind);
        const begun = kinds.filter((kind) => kind === 'started' || kind === 'subscribed');
        expect(begun.length).toBeLessThanOrEqual(1);
        // Audio only between the beginning and the end.
        const first = kinds.indexOf('audio');
        if (first >= 0) expect(kinds.indexOf('started')).toBeLessThan(first);
        if (kinds.includes('ended')) expect(kinds.lastIndexOf('audio')).toBeLessThan(kinds.indexOf('ended'));
        expect(kinds.filter((kind) => kind === 'ended').length).toBeLessThanOrEqual(1);
        expect(kinds.filter((kind) => kind === 'close').length).toBe(protocol.state === 'closed' ? 1 : 0);
        if (protocol.state === 'closed') expect(kinds.at(-1)).toBe('close');
        for (const action of actions) {
          if (action.kind === 'close') {
            expect(action.code === 1000 || (action.code >= 1001 && action.code <= 1013) || (action.code >= 4400 && action.code < 4500)).toBe(true);
            expect(Buffer.byteLength(action.reason)).toBeLessThanOrEqual(123);
          }
          if (action.kind === 'silence') expect(action.durationS).toBeGreaterThan(0);
        }
        // Whatever came before, a fault ends it.
        protocol.fault({ code: 'internal', message: 'x' });
        expect(protocol.state).toBe('closed');
      }),
      { numRuns: 400 },
    );
  });
});
