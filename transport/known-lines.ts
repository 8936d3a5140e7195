/**
 * Lines that every turn has, read without `JSON.parse`: of many members we need few, and serde writes them in one order. Invariant: a
 * line is either declined, or it is JSON, and what is made of it has all members of it that anybody reads. Whatever is unusual is
 * declined: members that are not known, another order, escapes in a name, a failure.
 */

import type { Members } from './json.ts';

/** Longer ones are rare, and then most of their cost is their text. */
const lineCharsMax = 16_384;

const count = '(0|[1-9][0-9]{0,14})';
const number = '(?:0|[1-9][0-9]{0,14})';
const decimal = `${number}(?:\\.[0-9]{1,14})?`;
const inside = String.raw`[^"\\\x00-\x1f]*`;
const plain = `"${inside}"`;
const name = `(${plain})`;
const escape = String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`;
const text = `"${inside}(?:${escape}${inside})*"`;

/** No value begins like another: so no line is looked at in more than one way. */
const single = `null|true|false|${decimal}|${text}`;
const list = String.raw`\[(?:${plain}(?:,${plain})*)?\]`;
const flat = String.raw`(?:${single}|${list})`;
const deep = String.raw`(?:${single}|${list}|\{(?:"\w+":${flat}(?:,"\w+":${flat})*)?\})`;
/** Members that nobody reads, each with the comma before it. */
const unread = (names: string): string => `(?:,"(?:${names})":${flat})*`;
const unreadBut = (names: string): string => String.raw`(?:,"(?!(?:${names})")\w+":${deep})*`;

const deeper = String.raw`(?:${single}|${list}|\{(?:"\w+":${deep}(?:,"\w+":${deep})*)?\})`;

/** As the provider has counted. */
const counts = `\\{"totalTokens":${count},"inputTokens":${count},"cachedInputTokens":${count},"cacheWriteInputTokens":${count},"outputTokens":${count},"reasoningOutputTokens":${count}\\}`;
const turn = `"threadId":${name},"turnId":${name}`;
const message = (id: string, said: string, phase: string): string =>
  `\\{"type":"agentMessage"${unread('moderation')},"id":${id},"text":${said}(?:,"phase":(?:null|${phase}))?${unread('memoryCitation|delivery|questions|startedAtMs|completedAtMs')}\\}`;
const item = `"item":${message(name, `(${text})`, name)},${turn}${unread('contentTokenCount|startedAtMs|completedAtMs')}`;
const said = message(plain, text, plain);

type Found = readonly (string | undefined)[];

interface Known {
  readonly pattern: RegExp;
  readonly read: (found: Found) => Members;
}

/** A string of its own: a slice would keep the whole line. */
const own = (found: string | undefined): unknown => (found === undefined ? null : (JSON.parse(found) as unknown));

/** For what is looked up and not kept. */
const passing = (found = '""'): string => found.slice(1, -1);

const usageAt = (found: Found, at: number): Members => ({
  totalTokens: Number(found[at]),
  inputTokens: Number(found[at + 1]),
  cachedInputTokens: Number(found[at + 2]),
  cacheWriteInputTokens: Number(found[at + 3]),
  outputTokens: Number(found[at + 4]),
  reasoningOutputTokens: Number(found[at + 5]),
});

const notification = (method: string, params: string, read: (found: Found) => Members): [string, Known] => [
  method,
  {
    pattern: new RegExp(`^\\{"method":"${method}","params":\\{${params}\\}(?:,"emittedAtMs":${number})?\\}$`, 'u'),
    read: (found) => ({ method, params: read(found) }),
  },
];

const readItem = (found: Found): Members => ({
  item: { type: 'agentMessage', id: own(found[1]), text: own(found[2]), phase: own(found[3]) },
  threadId: passing(found[4]),
  turnId: own(found[5]),
});

const notifications: ReadonlyMap<string, Known> = new Map([
  notification('item/started', item, readItem),
  notification('item/completed', item, readItem),
  notification(
    'rawResponseItem/completed',
    `${turn},"item":\\{"type":"message"${unread('status')},"id":${name},"role":"assistant"(?:,"phase":(?:null|${name}))?,"content":\\[\\{"type":"output_text","text":${text},"annotations":\\[\\]\\}\\](?:,"phase":(?:null|${name}))?(?:,"internal_chat_message_metadata_passthrough":${deep})?\\}`,
    (found) => ({
      threadId: own(found[1]),
      turnId: own(found[2]),
      item: {
        type: 'message',
        id: own(found[3]),
        role: 'assistant',
        phase: own(found[5] ?? found[4]),
        content: [{ type: 'output_text', annotations: [] }],
      },
    }),
  ),
  notification(
    'rawResponse/completed',
    `${turn},"responseId":${name},"usage":${counts}(?:,"usageMetadata":(?:null|\\{(?:"\\w+":${deeper}(?:,"\\w+":${deeper})*)?\\}))?`,
    (found) => ({
      threadId: passing(found[1]),
      turnId: own(found[2]),
      responseId: own(found[3]),
      usage: usageAt(found, 4),
    }),
  ),
  notification(
    'thread/tokenUsage/updated',
    `${turn},"tokenUsage":\\{"total":${counts},"last":${counts.replaceAll(count, number)},"modelContextWindow":(?:null|${number})\\}`,
    (found) => ({ threadId: passing(found[1]), turnId: own(found[2]), tokenUsage: { total: usageAt(found, 3) } }),
  ),
  notification(
    'turn/completed',
    `"threadId":${name},"turn":\\{"id":${name}${unread('rootTurnId')},"items":\\[(?:${said}(?:,${said})*)?\\]${unread('itemsView')},"status":"completed","error":null${unread('startedAt|completedAt|durationMs')}\\}`,
    (found) => ({ threadId: passing(found[1]), turn: { id: own(found[2]), status: 'completed', error: null } }),
  ),
  notification('thread/closed', `"threadId":${name}`, (found) => ({ threadId: passing(found[1]) })),
]);

const answer = (result: string, read: (found: Found) => Members): Known => ({
  pattern: new RegExp(`^\\{"id":${count},"result":${result}\\}$`, 'u'),
  read: (found) => ({ id: Number(found[1]), result: read(found) }),
});
const answers: readonly Known[] = [
  answer('\\{\\}', () => ({})),
  answer(`\\{"status":${name}\\}`, (found) => ({ status: own(found[2]) })),
  answer(`\\{"turn":\\{"id":${name}${unreadBut('id')}\\}\\}`, (found) => ({ turn: { id: own(found[2]) } })),
  answer(`\\{"thread":\\{"id":${name}${unreadBut('id')}\\}${unreadBut('thread|turn|status')}\\}`, (found) => ({
    thread: { id: own(found[2]) },
  })),
];

const methodAt = '{"method":"'.length;

/** The message; null: it is for `JSON.parse`. */
export function readKnownLine(line: string): Members | null {
  if (line.length > lineCharsMax) return null;
  if (line.startsWith('{"id":')) {
    for (const known of answers) {
      const found = known.pattern.exec(line);
      if (found !== null) return known.read(found);
    }
    return null;
  }
  const known = line.startsWith('{"method":"')
    ? notifications.get(line.slice(methodAt, line.indexOf('"', methodAt)))
    : undefined;
  const found = known?.pattern.exec(line);
  return found === null || found === undefined || known === undefined ? null : known.read(found);
}
