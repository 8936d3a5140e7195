/**
 * What must not be committed: files that hold sign-ins or settings of a machine, and text that looks like a key. Pure. Invariant: a
 * finding says where and of what kind, never what it found. A line that says `not-a-secret` is let through.
 */

const shapes: readonly (readonly [kind: string, shape: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z ]+ )?PRIVATE KEY-----/],
  ['a key of OpenAI or its like', /\bsk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{32,}/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/],
  ['a key of AWS', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a token of Slack', /\bxox[abprs]-[A-Za-z0-9-]{20,}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=\s*\S+/],
  ['a key of Google', /\bAIza[A-Za-z0-9_-]{35}\b/],
  ['a signed token', /\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/],
  ['a sign-in of Codex', /"(?:refresh_token|access_token|id_token)"\s*:\s*"[^"]{40,}"/],
  ['a user in an address', /\b[a-z][a-z+]{1,9}:\/\/[^\s/:@'"`$<{]+:[^\s/:@'"`$<{]{6,}@[\w.-]+/i],
];

const files: readonly (readonly [kind: string, shape: RegExp])[] = [
  ['a sign-in of Codex', /(^|\/)auth\.json$/],
  ['an environment file', /(^|\/)\.env(\.(?!example$|dev\.example$)[^/]+)?$/],
  ['a private key', /(^|\/)id_(rsa|ed25519|ecdsa)$|\.(pem|p12|pfx)$/],
];

const letThrough = 'not-a-secret';
/** Tests of settings are full of made-up ones. */
const madeUp = { kind: 'a user in an address', where: /\.(test|e2e|parity)\.ts$/ };

export const fileFinding = (path: string): string | null => {
  const kind = files.find(([, shape]) => shape.test(path))?.[0];
  return kind === undefined ? null : `${path}: ${kind} is not to be committed`;
};

/** Each as `path:line: what it looks like`. */
export const findingsIn = (path: string, text: string): readonly string[] =>
  text.split('\n').flatMap((line, index) => {
    const kind = line.includes(letThrough) ? undefined : shapes.find(([, shape]) => shape.test(line))?.[0];
    if (kind === undefined || (kind === madeUp.kind && madeUp.where.test(path))) return [];
    return [`${path}:${index + 1}: looks like ${kind}`];
  });
