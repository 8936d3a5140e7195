/**
 * Packing and unpacking a home with tar, and with gpg where it is to be encrypted. Invariants: what is encrypted never lies on a
 * disk in the clear on its way; the passphrase travels through a pipe; gpg leaves no agent and no key ring behind.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../refusal.ts';
import { inPath, run } from '../run.ts';

interface Step {
  readonly program: string;
  readonly args: readonly string[];
  /** Exit codes besides 0 that are no failure. */
  readonly also?: readonly number[];
}

/** On a descriptor of its own, because stdin carries the archive. */
const passphraseDescriptor = 3;

/** Runs two programs, the output of the first being the input of the second. */
async function piped(
  first: Step,
  second: Step,
  env: Readonly<Record<string, string>>,
  secret: string,
  secretFor: 'first' | 'second',
) {
  const whole = { ...process.env, ...env };
  const begin = ({ program, args }: Step, has: boolean) =>
    spawn(program, args, {
      shell: false,
      env: whole,
      stdio: ['pipe', 'pipe', 'pipe', ...(has ? (['pipe'] as const) : [])],
    });
  const one = begin(first, secretFor === 'first');
  const other = begin(second, secretFor === 'second');
  const ended = [
    { child: one, ...first },
    { child: other, ...second },
  ].map(({ child, program, also = [] }) => {
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (told.length < 10_000) told += text;
    });
    return new Promise<void>((resolve, reject) => {
      child.once('error', (error) => reject(new Failure(`${program}: ${error.message}`)));
      child.once('close', (code) => {
        if (code === 0 || also.includes(code ?? -1)) resolve();
        else reject(new Failure(`${program} ended with ${code}: ${told.trim().split('\n').at(-1) ?? ''}`));
      });
    });
  });
  for (const stream of [one.stdin, other.stdin]) stream?.on('error', () => undefined);
  (one.stdout as Readable).pipe(other.stdin as Writable);
  other.stdout?.resume();
  one.stdin?.end();
  const descriptor = (secretFor === 'first' ? one : other).stdio[passphraseDescriptor] as Writable;
  descriptor.on('error', () => undefined);
  descriptor.end(secret);
  const outcomes = await Promise.allSettled(ended);
  // A gpg that refuses breaks the pipe of tar: its own reason is the one that counts.
  const wrong = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as Error);
  const reason = wrong.find(({ message }) => message.startsWith('gpg')) ?? wrong[0];
  if (reason !== undefined) throw reason;
}

async function withGpgHome(work: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<void> {
  if (!inPath('gpg')) throw new Failure('gpg is not installed, or not in PATH');
  const GNUPGHOME = mkdtempSync(join(tmpdir(), 'codex-gpg-'));
  try {
    await work({ GNUPGHOME });
  } finally {
    if (inPath('gpgconf')) await run('gpgconf', ['--kill', 'all'], { env: { GNUPGHOME } });
    rmSync(GNUPGHOME, { recursive: true, force: true });
  }
}

const gpgArgs = [
  '--batch',
  '--yes',
  '--quiet',
  '--pinentry-mode',
  'loopback',
  '--passphrase-fd',
  String(passphraseDescriptor),
];

/** 1: a file changed while it was read. Its archive is complete; the gateway writes its files whole. */
const changedWhileRead = 1;

export async function pack(folder: string, archive: string, passphrase?: string): Promise<void> {
  const what = ['-C', dirname(folder), '--', basename(folder)];
  if (passphrase === undefined) {
    const { code, stderr } = await run('tar', ['-czf', archive, ...what]);
    if (code !== 0 && code !== changedWhileRead) throw new Failure(`tar ended with ${code}: ${stderr.trim()}`);
    return;
  }
  const tar: Step = { program: 'tar', args: ['-czf', '-', ...what], also: [changedWhileRead] };
  const gpg: Step = {
    program: 'gpg',
    args: [...gpgArgs, '--symmetric', '--cipher-algo', 'AES256', '--output', archive],
  };
  await withGpgHome((env) => piped(tar, gpg, env, passphrase, 'second'));
}

export const isEncrypted = (archive: string): boolean => archive.endsWith('.gpg');

/** Owners by number: the user of the container has one, and may have no name here, or another. */
const unpackArgs = ['--numeric-owner', '-xzpf'];

/** Into a folder that is there and empty. tar refuses paths that lead out of it. */
export async function unpack(archive: string, folder: string, passphrase?: string): Promise<void> {
  if (!isEncrypted(archive)) {
    const { code, stderr } = await run('tar', [...unpackArgs, archive, '-C', folder]);
    if (code !== 0) throw new Failure(`tar ended with ${code}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return;
  }
  if (passphrase === undefined) throw new Failure('set CODEX_BACKUP_GPG_KEY to the passphrase of the archive');
  const gpg: Step = { program: 'gpg', args: [...gpgArgs, '--decrypt', '--output', '-', archive] };
  const tar: Step = { program: 'tar', args: [...unpackArgs, '-', '-C', folder] };
  await withGpgHome((env) => piped(gpg, tar, env, passphrase, 'first'));
}
