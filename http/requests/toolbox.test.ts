/** What becomes of tools, tool choices and the calls of the history; and that any of them is accepted or refused in order. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientCall } from '../../actors/client-call.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode } from '../admission.ts';
import { limits } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import { readItems } from './items.ts';
import { readSettings } from './settings.ts';
import { ToolNames, type ToolRef } from './tool-names.ts';
import { readToolbox, type Toolbox } from './toolbox.ts';

const read = (body: JsonObject, history: readonly JsonObject[] = [], mode: ParamsMode = 'lenient'): Toolbox =>
  readToolbox(readSettings(body, mode, false), mode, history);
const refusal = (body: JsonObject, mode: ParamsMode = 'lenient'): unknown => {
  try {
    return read(body, [], mode);
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

const schema = { type: 'object', properties: { a: { type: 'string' } }, $schema: 's' };
const flat = (name: string, more: JsonObject = {}): JsonObject => ({ type: 'function', name, ...more });
const nested = (name: string, more: JsonObject = {}): JsonObject => ({ type: 'function', function: { name, ...more } });
const custom = (name: string, more: JsonObject = {}): JsonObject => ({ type: 'custom', name, ...more });
const named = (toolbox: Toolbox): readonly string[] => toolbox.offered.map(({ name }) => name);
const noArguments = { type: 'object', properties: {} };

describe('tools', () => {
  test('flat and nested ones mean the same, and are echoed flat with their five keys', () => {
    const more = { description: 'd', parameters: schema, strict: true };
    const { offered, echo } = read({ tools: [flat('f', more), nested('g', more), nested('h')] });
    const tool = { description: 'd', inputSchema: schema };
    expect(offered).toEqual([
      { name: 'f', ...tool },
      { name: 'g', ...tool },
      { name: 'h', description: '', inputSchema: noArguments },
    ]);
    expect(echo.tools).toEqual([
      { type: 'function', name: 'f', ...more },
      { type: 'function', name: 'g', ...more },
      { type: 'function', name: 'h', description: null, parameters: null, strict: null },
    ]);
  });

  test('P-91: legacy functions are tools', () => {
    expect(named(read({ functions: [{ name: 'f' }], tools: [flat('g')] }))).toEqual(['f', 'g']);
  });

  test('a custom tool is offered as a function with one input', () => {
    const { offered, echo, names } = read({ tools: [custom('f'), { type: 'custom', custom: { name: 'g' } }] });
    expect(offered.map(({ inputSchema }) => inputSchema['required'])).toEqual([['input'], ['input']]);
    expect(echo.tools[0]).toEqual({ type: 'custom', name: 'f', format: { type: 'text' } });
    expect(names.get('g')).toEqual({ kind: 'custom_tool_call', name: 'g' });
  });

  test('a namespace is flattened, and what is said of it is said of each member', () => {
    const space = {
      type: 'namespace',
      name: 'n',
      description: 'N',
      tools: [flat('f', { description: 'F' }), custom('g')],
    };
    const { offered, names, echo } = read({ tools: [flat('f'), space] });
    expect(offered.map(({ name, description }) => [name, description])).toEqual([
      ['f', ''],
      ['t1_n_f', 'N\n\nF'],
      ['t2_n_g', 'N'],
    ]);
    expect(names.get('t1_n_f')).toEqual({
      kind: 'function_call',
      name: 'f',
      namespace: 'n',
      schemaName: 'tools[1].tools[0].parameters',
    });
    expect(echo.tools[1]).toMatchObject({ type: 'namespace', name: 'n', description: 'N', tools: [{ name: 'f' }, {}] });
  });

  test('P-119: hosted tools are echoed without their secrets and named, and refused when asked to be strict', () => {
    const mcp = {
      type: 'mcp',
      server_label: 's',
      server_url: 'https://u:secret@h/x',
      authorization: 'secret',
      headers: { a: 'secret' },
    };
    const body = { tools: [flat('f'), { type: 'web_search', external_web_access: false }, mcp] };
    const { echo, ignored, offered } = read(body);
    expect(offered).toHaveLength(1);
    expect(ignored).toEqual(['tools[1]', 'tools[2]']);
    expect(echo.tools.slice(1)).toEqual([body.tools[1], { type: 'mcp', server_label: 's', server_url: 'https://h/x' }]);
    expect(refusal(body, 'strict')).toEqual(['unsupported_parameter', 'tools[1]']);
  });

  test('an item of the conversation may bring tools, and bring them again', () => {
    const lite = (...tools: readonly JsonObject[]): JsonObject => ({
      type: 'additional_tools',
      role: 'developer',
      tools,
    });
    const space = { type: 'namespace', name: 'functions', tools: [flat('exec_command')] };
    const history = readItems([lite(space, { type: 'web_search' }), { role: 'user', content: 'hi' }, lite(space)]);
    const toolbox = read({ tools: [flat('f')] }, history);
    expect(named(toolbox)).toEqual(['f', 't1_functions_exec_command']);
    expect(toolbox.history.map(({ type }) => type)).toEqual(['message']);
    expect(toolbox.ignored).toEqual(['input[0].tools[1]']);
    const other = readItems([lite(flat('f')), lite(flat('f', { description: 'other' }))]);
    expect(() => read({}, other)).toThrow('input[1].tools[0].name f is declared twice');
    expect(() => read({}, readItems([lite(flat('a.b'))]))).toThrow('input[0].tools[0].name must be');
  });

  test('what an item says again is echoed once, and what all of them say is bounded', () => {
    const item = (...tools: readonly JsonObject[]): JsonObject => ({ type: 'additional_tools', tools });
    const space = (...tools: readonly JsonObject[]): JsonObject => ({ type: 'namespace', name: 'n', tools });
    const said = [flat('f'), custom('c'), { type: 'web_search' }, space(flat('g'))];
    const again = Array.from({ length: limits.toolsMax }, () => item(...said, space()));
    const toolbox = read({ tools: said }, readItems([...again, item(space(flat('g'), flat('h')))]));
    const once = read({ tools: [...said, space(flat('h'))] });
    expect(toolbox.echo).toEqual(once.echo);
    expect([named(toolbox), toolbox.ignored]).toEqual([named(once), ['tools[2]']]);
    const hosted = Array.from({ length: limits.toolsMax + 1 }, (_, i) => item({ type: 'mcp', server_label: `s${i}` }));
    expect(() => read({}, readItems(hosted))).toThrow(`input[${limits.toolsMax}].tools: a request has at most`);
    const varied = Array.from({ length: limits.toolsMax }, (_, odd) => item(flat('f'), flat('f', { odd })));
    expect(() => read({}, readItems(varied))).toThrow(`input[${limits.toolsMax / 2}].tools: a request has at most`);
  });

  test('an earlier response may bring tools, whose only path is its field', () => {
    const field = 'previous_response_id';
    const before = (...tools: readonly JsonObject[]) => readItems('x', 'input', [{ type: 'additional_tools', tools }]);
    expect(named(read({}, before(flat('f'))))).toEqual(['f']);
    expect(read({}, before({ type: 'web_search' })).ignored).toEqual([field]);
    expect(read({}, before(flat('f'))).names.get('f')).toMatchObject({ schemaName: field });
    const twice = () => read({ tools: [flat('f')] }, before(custom('f')));
    expect(twice).toThrow(expect.objectContaining({ param: field, message: expect.stringContaining(`${field} f is`) }));
  });

  test('names that the worker refuses or loses have an alias, in the history as well', () => {
    const names = ['exec_command', 'shell_command', 'mcp', 'mcp__s__t', 'mcp_x', 't0_exec_command'];
    const history = readItems([
      { type: 'function_call', call_id: 'c', name: 'exec_command', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'x' },
      { type: 'custom_tool_call', call_id: 'd', name: 'gone.away', input: 'i', namespace: 'n' },
      { type: 'custom_tool_call_output', call_id: 'd', output: 'y' },
    ]);
    const toolbox = read({ tools: names.map((name) => flat(name)), tool_choice: 'none' }, history);
    const free = read({ tools: names.map((name) => flat(name)) }, history);
    expect(named(toolbox)).toEqual([]);
    // The alias of the first is another tool's own name.
    expect(named(free)).toEqual([
      't7_exec_command',
      't1_shell_command',
      't2_mcp',
      't3_mcp__s__t',
      'mcp_x',
      't0_exec_command',
    ]);
    expect(toolbox.history).toEqual(free.history);
    expect(free.history[0]).toEqual({ type: 'function_call', call_id: 'c', name: 't7_exec_command', arguments: '{}' });
    expect(free.history[2]).toMatchObject({ name: 't6_n_gone_away', arguments: '{"input":"i"}' });
    expect(free.history[2]).not.toHaveProperty('namespace');
    expect(free.names.get('t6_n_gone_away')).toMatchObject({ name: 'gone.away', namespace: 'n' });
    expect([...free.callIds]).toEqual(['c', 'd']);
  });
});

const many = (count: number): Json => Array.from({ length: count }, (_, i) => flat(`f${i}`));
const refused: readonly (readonly [what: string, body: JsonObject, param: string])[] = [
  ['no array', { tools: 'x' }, 'tools'],
  ['too many', { tools: many(limits.toolsMax + 1) }, 'tools'],
  ['too large', { tools: [flat('f', { description: 'x'.repeat(limits.toolsBytesMax) })] }, 'tools[0]'],
  [
    'too many in namespaces',
    { tools: ['n', 'm'].map((name) => ({ type: 'namespace', name, tools: many(300) })) },
    'tools[1].tools',
  ],
  ['too many with the hosted ones', { functions: many(limits.toolsMax), tools: [{ type: 'web_search' }] }, 'tools'],
  ['a large hosted tool', { tools: [{ type: 'mcp', x: 'x'.repeat(limits.toolsBytesMax) }] }, 'tools[0]'],
  ['no object', { tools: [flat('f'), 'x'] }, 'tools[1]'],
  ['no type', { tools: [{ name: 'f' }] }, 'tools[0].type'],
  ['an unknown type', { tools: [{ type: 'retrieval' }] }, 'tools[0].type'],
  ['no name', { tools: [{ type: 'function' }] }, 'tools[0].function.name'],
  ['no name, nested', { tools: [nested('')] }, 'tools[0].function.name'],
  ['a name with a dot', { tools: [flat('a.b')] }, 'tools[0].name'],
  ['a long name', { tools: [flat('a'.repeat(65))] }, 'tools[0].name'],
  ['a name twice', { tools: [flat('f'), nested('f')] }, 'tools[1].function.name'],
  ['a name of another kind', { functions: [{ name: 'f' }], tools: [custom('f')] }, 'tools[0].name'],
  ['parameters', { tools: [flat('f', { parameters: [] })] }, 'tools[0].parameters'],
  ['nested parameters', { tools: [nested('f', { parameters: 'x' })] }, 'tools[0].function.parameters'],
  ['a description', { tools: [flat('f', { description: 3 })] }, 'tools[0].description'],
  ['strict', { tools: [flat('f', { strict: 'yes' })] }, 'tools[0].strict'],
  ['a format', { tools: [custom('f', { format: { type: 'x' } })] }, 'tools[0].format.type'],
  ['a namespace without tools', { tools: [{ type: 'namespace', name: 'n' }] }, 'tools[0].tools'],
  [
    'a namespace in a namespace',
    { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'namespace' }] }] },
    'tools[0].tools[0].type',
  ],
  ['functions', { functions: {} }, 'functions'],
  ['a function', { functions: [1] }, 'functions[0]'],
  ['a nameless function', { functions: [{}] }, 'functions[0].name'],
  ['a choice', { tool_choice: 'sometimes' }, 'tool_choice'],
  ['required without tools', { tool_choice: 'required', tools: [{ type: 'web_search' }] }, 'tool_choice'],
  ['a choice of an unknown type', { tools: [flat('f')], tool_choice: { type: 'odd' } }, 'tool_choice.type'],
  ['a nameless choice', { tools: [flat('f')], tool_choice: { type: 'function' } }, 'tool_choice.function.name'],
  ['an undeclared choice', { tools: [flat('f')], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice.name'],
  ['an undeclared nested choice', { tools: [flat('f')], toolChoice: nested('g') }, 'toolChoice.function.name'],
  ['an undeclared legacy choice', { functions: [{ name: 'f' }], function_call: { name: 'g' } }, 'function_call.name'],
  ['a custom choice of a function', { tools: [flat('f')], tool_choice: custom('f') }, 'tool_choice.name'],
  ['an undeclared hosted choice', { tools: [flat('f')], tool_choice: { type: 'web_search' } }, 'tool_choice.type'],
  ['no allowed tool', { tools: [flat('f')], tool_choice: { type: 'allowed_tools', tools: [] } }, 'tool_choice.tools'],
  [
    'too many allowed tools',
    {
      tools: [flat('f')],
      tool_choice: { type: 'allowed_tools', tools: Array.from({ length: limits.toolsMax + 1 }, () => flat('f')) },
    },
    'tool_choice.tools',
  ],
  [
    'an undeclared allowed tool',
    { tools: [flat('f')], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [flat('f'), flat('g')] } },
    'tool_choice.tools[1].name',
  ],
  [
    'the same on chat',
    {
      tools: [flat('f')],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [nested('g')] } },
    },
    'tool_choice.allowed_tools.tools[0].function.name',
  ],
  [
    'a mode',
    { tools: [flat('f')], tool_choice: { type: 'allowed_tools', mode: 'x', tools: [flat('f')] } },
    'tool_choice.mode',
  ],
];

describe('P-91, P-92: refused with the exact path', () => {
  test.each(refused)('%s', (_what, body, param) => {
    expect(refusal(body)).toEqual(['invalid_request_error', param]);
  });

  test('a grammar, which nobody would enforce', () => {
    const grammar = { format: { type: 'grammar', syntax: 'lark', definition: 'x' } };
    expect(refusal({ tools: [custom('f', grammar)] })).toEqual(['unsupported_value', 'tools[0].format.type']);
    expect(refusal({ tools: [{ type: 'custom', custom: { name: 'f', ...grammar } }] })).toEqual([
      'unsupported_value',
      'tools[0].custom.format.type',
    ]);
  });
});

describe('tool_choice', () => {
  const tools = [flat('f'), nested('exec_command'), custom('c'), { type: 'web_search' }];
  const all = ['f', 't1_exec_command', 'c'];
  const must = (which: string): string =>
    `In this answer you must call ${which}. An answer without such a call is not accepted.`;
  const demand = (...names: readonly string[]): JsonObject => ({ kind: 'call', param: 'tool_choice', names });
  const allowed = (mode: string, ...listed: readonly JsonObject[]): JsonObject => ({
    type: 'allowed_tools',
    mode,
    tools: listed,
  });

  test.each<[string, Json, Json, readonly string[], string | null, JsonObject | null]>([
    ['auto', 'auto', 'auto', all, null, null],
    ['nothing', null, 'auto', all, null, null],
    ['none', 'none', 'none', [], null, null],
    ['required', 'required', 'required', all, must('at least one of the tools'), demand()],
    ['a function', flat('f'), flat('f'), ['f'], must('the tool f'), demand('f')],
    [
      'a nested one under an alias',
      nested('exec_command'),
      flat('exec_command'),
      ['t1_exec_command'],
      must('the tool t1_exec_command'),
      demand('exec_command'),
    ],
    ['the legacy form', { name: 'f' }, flat('f'), ['f'], must('the tool f'), demand('f')],
    ['a custom tool', { type: 'custom', custom: { name: 'c' } }, custom('c'), ['c'], must('the tool c'), demand('c')],
    [
      'a subset',
      allowed('auto', nested('exec_command'), flat('f')),
      allowed('auto', flat('exec_command'), flat('f')),
      ['f', 't1_exec_command'],
      null,
      null,
    ],
    [
      'a subset on chat',
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [nested('f'), { type: 'custom', name: 'c' }] },
      },
      allowed('required', flat('f'), custom('c')),
      ['f', 'c'],
      must('at least one of the tools'),
      demand('f', 'c'),
    ],
    ['a hosted tool', { type: 'web_search' }, { type: 'web_search' }, [], null, null],
  ])('%s', (_name, tool_choice, echo, offered, instruction, demanded) => {
    const toolbox = read({ tools, tool_choice });
    expect(toolbox.echo.choice).toEqual(echo);
    expect(named(toolbox)).toEqual(offered);
    expect(toolbox).toMatchObject({ instruction, demand: demanded });
    const isIdle = JSON.stringify(tool_choice) === '{"type":"web_search"}';
    expect(toolbox.ignored).toEqual(isIdle ? ['tools[3]', 'tool_choice'] : ['tools[3]']);
  });
});

describe('any names', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'exec_command',
      'shell_command',
      'mcp',
      'mcp__a',
      'f',
      'g',
      't0_mcp',
      't1_mcp',
      't2_n_f',
      'a.b',
      'a/b',
    ),
    fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }),
    fc.stringMatching(/^[A-Za-z0-9_-]{1,70}$/),
  );
  const ref: fc.Arbitrary<ToolRef> = fc.oneof(fc.record({ name: word }), fc.record({ name: word, namespace: word }));

  test('have each a name of their own at the worker, which it takes', () => {
    fc.assert(
      fc.property(fc.array(ref, { maxLength: 12 }), (refs) => {
        const names = new ToolNames(refs);
        const distinct = new Set(refs.map(({ name, namespace }) => JSON.stringify([name, namespace])));
        const given = new Set(refs.map((one) => names.of(one)));
        expect(given.size).toBe(distinct.size);
        for (const name of given) {
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(name).not.toMatch(/^(exec_command|shell_command|mcp|mcp__.*)$/);
        }
      }),
    );
  });

  const declarable = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  const own = fc.oneof(fc.constantFrom('exec_command', 'mcp', 'mcp__a', 't0_mcp', 't1_exec_command', 'f'), declarable);
  const tool = fc.oneof(
    fc.record({ type: fc.constantFrom('function', 'custom'), name: own }),
    fc.record({ type: fc.constantFrom('function'), function: fc.record({ name: own }) }),
    fc.record({
      type: fc.constant('namespace'),
      name: own,
      tools: fc.uniqueArray(own, { maxLength: 3 }).map((list) => list.map((name) => flat(name))),
    }),
  );

  test('of tools come back as they were declared, by calls of the history and by new ones', () => {
    const keyOf = (one: JsonObject): string => JSON.stringify(one['name'] ?? (one['function'] as JsonObject)['name']);
    fc.assert(
      fc.property(
        fc.uniqueArray(tool, { selector: (one) => keyOf(one as JsonObject), maxLength: 6 }),
        fc.array(ref, { maxLength: 4 }),
        (tools, past) => {
          const calls = past.map(
            (one, i): JsonObject => ({ type: 'function_call', call_id: `c${i}`, arguments: '{}', ...one }),
          );
          const { names, history, offered } = read({ tools: tools as readonly JsonObject[] as Json }, calls);
          const back = (name: string) => {
            const event = {
              type: 'call.requested',
              item: 'i',
              kind: 'function_call',
              callId: 'c',
              name,
              arguments: '{}',
            } as const;
            const { name: told, namespace } = clientCall(event, names);
            return namespace === undefined ? { name: told } : { name: told, namespace };
          };
          expect(history.map((item) => back(item['name'] as string))).toEqual(past);
          const declared = tools.flatMap((one) => {
            const {
              type,
              name,
              tools: members,
              function: inner,
            } = one as { type: string; name: string; tools?: readonly JsonObject[]; function?: { name: string } };
            if (type !== 'namespace') return [{ name: inner?.name ?? name }];
            return (members ?? []).map((member) => ({ name: member['name'] as string, namespace: name }));
          });
          expect(offered.map(({ name }) => back(name))).toEqual(declared);
        },
      ),
    );
  });
});

test('any JSON as tools and as a choice is read or refused in order', () => {
  const key = fc.constantFrom(
    'type',
    'name',
    'function',
    'custom',
    'tools',
    'parameters',
    'format',
    'mode',
    'allowed_tools',
    'strict',
  );
  const value = fc.constantFrom(
    'function',
    'custom',
    'namespace',
    'allowed_tools',
    'web_search',
    'auto',
    'required',
    'f',
    'g',
    'text',
  );
  const { node } = fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(value, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>),
      fc.dictionary(key, tie('node'), { maxKeys: 5 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  }));
  const good = [flat('f'), nested('g'), custom('h'), { type: 'web_search' }];
  const choice = fc.oneof(fc.constantFrom<Json>('auto', 'none', 'required', ...good), node);
  const tools = fc.oneof(fc.shuffledSubarray(good), fc.array(node, { maxLength: 3 }), node);
  let kept = 0;
  fc.assert(
    fc.property(tools, choice, fc.boolean(), (given, tool_choice, isStrict) => {
      const result = refusal({ tools: given, tool_choice }, isStrict ? 'strict' : 'lenient');
      expect(result).not.toBeInstanceOf(Error);
      if (!Array.isArray(result)) kept += 1;
    }),
    { numRuns: 1_000 },
  );
  expect(kept).toBeGreaterThan(50);
  expect(kept).toBeLessThan(950);
});
