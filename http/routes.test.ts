import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveRoute } from './routes.ts';

const route = (method: string, path: string) => resolveRoute({ method, path, upgrade: '' }, () => true);

describe('base URLs', () => {
  it.each(['/responses', '/chat/completions', '/models', '/models/codex-5', '/usage', '/usage/raw'])(
    'may lack /v1 before %s',
    (path) => {
      const method = /^.(models|usage)/.test(path) ? 'GET' : 'POST';
      const expected = route(method, `/v1${path}`);
      expect(expected.type).toBe('route');
      expect([route(method, path), route(method, `${path}/`), route(method, `/v1${path}/`)]).toEqual([
        expected,
        expected,
        expected,
      ]);
    },
  );

  it('may not have two slashes at the end, nor two prefixes', () => {
    for (const path of ['/v1/models//', '/v1/v1/models']) expect(route('GET', path).type).toBe('unknown');
  });
});

describe('a stored response', () => {
  it('may be read and deleted, under whatever id', () => {
    for (const id of ['resp_1', 'a%2Fb', '%20', 'x'.repeat(999)]) {
      const read = { type: 'route', name: 'stored', id: decodeURIComponent(id) };
      for (const method of ['GET', 'HEAD', 'DELETE']) {
        expect(route(method, `/v1/responses/${id}`)).toEqual(read);
        expect(route(method, `/responses/${id}/`)).toEqual(read);
      }
      expect(route('POST', `/v1/responses/${id}`)).toEqual({ type: 'wrong method', allow: 'GET, HEAD, DELETE' });
    }
  });

  it('has nothing below it', () => {
    for (const rest of ['', '/', 'resp_1/cancel', 'resp_1/input_items', '%ff']) {
      const expected = rest === '' ? 'wrong method' : 'unknown';
      expect(route('GET', `/v1/responses/${rest}`).type).toBe(expected);
    }
    for (const other of ['compact', 'input_tokens'])
      expect(route('POST', `/v1/responses/${other}`).type).toBe('unknown');
  });
});

describe('any request line', () => {
  it('gets a route or a refusal, never an exception', () => {
    fc.assert(
      fc.property(fc.string(), fc.webPath(), fc.string(), (method, path, upgrade) => {
        expect(resolveRoute({ method, path, upgrade }, () => true).type).toBeTypeOf('string');
      }),
    );
  });

  it('is a preflight with OPTIONS, on whatever path', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        expect(route('OPTIONS', path).type).toBe('preflight');
      }),
    );
  });
});
