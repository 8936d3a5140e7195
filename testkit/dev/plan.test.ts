import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Environment, envFileOf, type Plan, planOf } from './plan.ts';

const key = { PROXY_API_KEY: 'a-key' };
const file = (environment: Readonly<Record<string, string>>) => ({ path: '.env', environment });

const planned = (args: readonly string[], environment: Environment = key, lines = file({})): Plan => {
  const read = planOf(args, environment, lines);
  if (read.kind !== 'run') throw new Error(JSON.stringify(read));
  return read.plan;
};
const refusal = (args: readonly string[], environment: Environment = key, lines = file({})): string => {
  const read = planOf(args, environment, lines);
  return read.kind === 'refused' ? read.message : read.kind;
};

describe('defaults', () => {
  it('is port 18000, the home of development and its environment, with live reload', () => {
    expect(planned(['dev'])).toMatchObject({
      backend: 'account',
      reload: true,
      home: '.codev',
      environment: { PORT: '18000', PROXY_ENV: 'dev' },
    });
    expect(planned(['start'], {})).toMatchObject({ reload: false, home: '.codev', environment: { PORT: '18000' } });
  });

  it('gives the fake provider a home of its own', () => {
    expect(planned(['dev', '--offline'], {})).toMatchObject({ backend: 'offline', home: null });
  });
});

describe('the port', () => {
  it.each([
    [['dev', '-p', '19000'], { ...key, PORT: '1' }, '19000'],
    [['dev', '--port=0'], key, '0'],
    [['dev'], { ...key, PORT: '19001' }, '19001'],
  ])('%j', (args, environment, port) => {
    expect(planned(args, environment).environment['PORT']).toBe(port);
  });

  it.each(['70000', '-1', 'x', '1e3', ''])('is not %j', (port) => {
    expect(refusal(['dev', `--port=${port}`])).toContain('the port must be');
  });
});

describe('the shim', () => {
  it.each([
    [['dev', '--shim'], {}, 'shim'],
    [['dev'], { CODEX_SHIM: '1' }, 'shim'],
    [['dev', '--no-shim'], { CODEX_SHIM: '1', ...key }, 'account'],
    [['dev', '--shim', '--no-shim'], key, 'account'],
    [['dev', '--shim'], { PROXY_USE_APP_SERVER: 'false' }, 'proto-shim'],
  ])('%j %j', (args, environment, backend) => {
    expect(planned(args, environment).backend).toBe(backend);
  });

  it('may be asked for by the file', () => {
    expect(planned(['dev'], {}, file({ CODEX_SHIM: 'true' })).backend).toBe('shim');
  });

  it('is a yes or a no', () => expect(refusal(['dev'], { CODEX_SHIM: 'perhaps' })).toContain('CODEX_SHIM'));
});

describe('the file', () => {
  it('is a source of the key, and the environment wins over it', () => {
    const lines = file({ PROXY_API_KEY: 'of-the-file', CODEX_MODEL: 'a' });
    expect(planned(['dev'], {}, lines).environment).toMatchObject({ PROXY_API_KEY: 'of-the-file', CODEX_MODEL: 'a' });
    expect(planned(['dev'], { CODEX_MODEL: 'b' }, lines).environment).not.toHaveProperty('CODEX_MODEL');
  });

  it('does not move development to where the deployment is', () => {
    const lines = file({ PORT: '11435', CODEX_HOME: '.codex-api', PROXY_ENV: 'production' });
    const { environment, home, notes } = planned(['dev'], key, lines);
    expect([environment, home]).toEqual([{ PORT: '18000', PROXY_ENV: 'dev' }, '.codev']);
    expect(notes.join()).toContain('PORT, CODEX_HOME, PROXY_ENV not used');
  });

  it('is found where the arguments say', () => {
    expect(envFileOf(['dev', '--dotenv', 'other'])).toBe('other');
    expect(envFileOf(['dev', '--bogus'])).toBe('.env');
  });

  it('is told by its names, never by its values', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{12,40}$/);
    const lines = fc.dictionary(fc.stringMatching(/^[A-Z]{3,8}$/), secret);
    fc.assert(
      fc.property(lines, fc.array(fc.constantFrom('dev', 'start', '--shim', '-p', '1', '--bogus')), (values, args) => {
        const read = planOf(args, {}, file(values));
        const told = read.kind === 'run' ? read.plan.notes.join('\n') : JSON.stringify(read);
        return Object.values(values).every((value) => !told.includes(value));
      }),
    );
  });
});

describe('what is refused', () => {
  it.each([[{}], [{ PROXY_API_KEY: '' }]])('is a start with the account and no key: %j', (environment) => {
    expect(refusal(['dev'], environment)).toMatch(/^PROXY_API_KEY is not set\. /);
    expect(planned(['dev', '--shim'], environment).backend).toBe('shim');
  });

  it.each([[['dev', '--bogus']], [['deploy']], [[]], [['dev', 'more']], [['dev', '--shim', '--offline']]])(
    'is %j, in one line',
    (args) => {
      expect(refusal(args)).not.toContain('\n');
      expect(refusal(args)).toMatch(/--help|take one/);
    },
  );
});
