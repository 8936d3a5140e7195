/** Golden blocks of the tools that are known, and every form in which a call may be written. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callIn, canonicalBlock } from './tool-block.ts';

const block = (...lines: readonly string[]): string =>
  ['<use_tool>', ...lines.map((line) => `  ${line}`), '</use_tool>'].join('\n');

describe('P-133 golden', () => {
  test.each<[string, unknown, readonly string[]]>([
    [
      'localSearch',
      { timeRange: { startTime: 1 }, salientTerms: ['a', 'b'], query: 'x' },
      [
        '<query>x</query>',
        '<salientTerms>[&quot;a&quot;,&quot;b&quot;]</salientTerms>',
        '<timeRange>{&quot;startTime&quot;:1}</timeRange>',
      ],
    ],
    ['webSearch', { chatHistory: [], query: 'a & b' }, ['<query>a &amp; b</query>', '<chatHistory>[]</chatHistory>']],
    ['getCurrentTime', { timezoneOffset: '+8' }, ['<timezoneOffset>+8</timezoneOffset>']],
    [
      'convertTimeBetweenTimezones',
      { toOffset: 2, fromOffset: 1, time: '6pm' },
      ['<time>6pm</time>', '<fromOffset>1</fromOffset>', '<toOffset>2</toOffset>'],
    ],
    ['getTimeRangeMs', { timeExpression: 'last week' }, ['<timeExpression>last week</timeExpression>']],
    ['getTimeInfoByEpoch', { epoch: 1_700_000_000 }, ['<epoch>1700000000</epoch>']],
    ['readNote', { chunkIndex: 0, notePath: 'a/b.md' }, ['<notePath>a/b.md</notePath>', '<chunkIndex>0</chunkIndex>']],
    ['getFileTree', {}, []],
    [
      'getTagList',
      { maxEntries: 5, includeInline: true },
      ['<includeInline>true</includeInline>', '<maxEntries>5</maxEntries>'],
    ],
    [
      'writeToFile',
      { content: '# "T"\n', path: "it's.md" },
      ['<path>it&apos;s.md</path>', '<content># &quot;T&quot;\n</content>'],
    ],
    ['replaceInFile', { diff: '<<<', path: 'p' }, ['<path>p</path>', '<diff>&lt;&lt;&lt;</diff>']],
    ['updateMemory', { statement: 's' }, ['<statement>s</statement>']],
    ['youtubeTranscription', {}, []],
    ['lookup_user', { z: null, b: false, a: '' }, ['<a></a>', '<b>false</b>', '<z>null</z>']],
    [
      'readNote',
      { zeta: 1, alpha: 2, notePath: 'n' },
      ['<notePath>n</notePath>', '<alpha>2</alpha>', '<zeta>1</zeta>'],
    ],
    ['constructor', { a: 1 }, ['<a>1</a>']],
  ])('%s %j', (name, input, tags) => {
    expect(canonicalBlock(name, JSON.stringify(input))).toBe(block(`<name>${name}</name>`, ...tags));
  });

  test.each([
    ['[1,2]', '[1,2]'],
    ['not json <', 'not json &lt;'],
    ['"text"', '&quot;text&quot;'],
    ['{"a b":1}', '{&quot;a b&quot;:1}'],
  ])('arguments that are no object with tags for keys: %s', (input, args) => {
    expect(canonicalBlock('f', input)).toBe(block('<name>f</name>', `<args>${args}</args>`));
  });
});

test('P-133 P-134 a canonical block names the same call again', () => {
  const key = fc.stringMatching(/^[A-Za-z_][\w.-]{0,5}$/).filter((name) => name !== 'args');
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }).filter((text) => !/^\s*[[{]/.test(text)),
    fc.array(fc.string()),
    fc.dictionary(fc.string(), fc.nat()),
  );
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (input) => {
      const text = canonicalBlock('f', JSON.stringify(input));
      const call = callIn(text, 'use_tool');
      expect(call?.name).toBe('f');
      expect(JSON.parse(call?.arguments ?? 'null')).toEqual(JSON.parse(JSON.stringify(input)));
      expect(canonicalBlock('f', call?.arguments ?? '')).toBe(text);
    }),
  );
});

describe('P-134 forms of a use_tool block', () => {
  test.each<[string, string, string]>([
    ['<use_tool>\n  <name>f</name>\n  <id>4 &lt; 5</id>\n</use_tool>', 'f', '{"id":"4 < 5"}'],
    [
      '<use_tool name="web.search"><path>/a</path><query>q</query></use_tool>',
      'web.search',
      '{"path":"/a","query":"q"}',
    ],
    ['<use_tool name=\'f\'>{"a":1}</use_tool>', 'f', '{"a":1}'],
    ['<use_tool>{"name":"f","arguments":{"a":1}}</use_tool>', 'f', '{"a":1}'],
    ['<use_tool><name>f</name><args>{"a":1}</args></use_tool>', 'f', '{"a":1}'],
    ['<use_tool><name>f</name><args>raw &amp; text</args></use_tool>', 'f', '{"args":"raw & text"}'],
    ['<use_tool><name>f</name><args>[1,2]</args></use_tool>', 'f', '{"args":[1,2]}'],
    ['<use_tool><name>f</name><terms>["a"]</terms></use_tool>', 'f', '{"terms":["a"]}'],
    ['<use_tool><name>f</name></use_tool>', 'f', '{}'],
    ['<use_tool><name>f</name><name>inner</name></use_tool>', 'f', '{"name":"inner"}'],
  ])('%s', (text, name, input) => {
    expect(callIn(text, 'use_tool')).toMatchObject({ name, arguments: input });
  });

  test.each([
    '<use_tool></use_tool>',
    '<use_tool><id>4</id></use_tool>',
    '<use_tool>just words</use_tool>',
    '<use_tool><name>f</name><id>4</use_tool>',
    '<use_tool><name>f</name> and more</use_tool>',
    '<use_tool>{"name":</use_tool>',
  ])('no call: %s', (text) => {
    expect(callIn(text, 'use_tool')).toBeNull();
  });
});

describe('P-130 forms of a tool_call block', () => {
  test.each([
    '{"name":"f","arguments":{"a":1}}',
    '\n{"name":"f","arguments":{"a":1}}\n',
    '{"name":"f","arguments":{"a":1}},',
    '>{"name":"f","arguments":{"a":1}}',
    '{"name":"f","arguments":{"a":1}}>',
    '{"name":"f","arguments":{"a":1}}}',
    '{"name":"f","arguments":{"a":1}}]',
    '{"name":"f","arguments":{"a":1},}',
    '{"name":"f","parameters":{"a":1}}',
    '{"name":"f","arguments":"{\\"a\\":1}"}',
    '{"name":"f","a":1}',
  ])('%s', (body) => {
    expect(callIn(`<tool_call>${body}</tool_call>`, 'tool_call')).toMatchObject({ name: 'f', arguments: '{"a":1}' });
  });

  test.each(['', '[]', 'f(1)', '{"arguments":{}}', '{"name":"f","arguments":{"a":1}}}}}', '{"name":""}'])(
    'no call: %s',
    (body) => {
      expect(callIn(`<tool_call>${body}</tool_call>`, 'tool_call')).toBeNull();
    },
  );
});
