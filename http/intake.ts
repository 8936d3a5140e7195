/**
 * From the bytes of a request to its admission: the body, what it is, whether it can be had. Invariants: what takes long of a large body
 * is done in turns of the event loop, so that whoever is served beside it waits for one step only; and of a client that has left nothing
 * more is read.
 */

import type { Admission } from './admission.ts';
import { bodyBytes } from './body-bytes.ts';
import { collectBody, decodeBody } from './body.ts';
import { reachable } from './borrowing.ts';
import { detectCopilot } from './copilot.ts';
import type { Endpoint } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import type { Caller, Generator } from './generator.ts';
import { permitted } from './host/gates.ts';
import { checkMediaType, parseJsonObject } from './json-body.ts';
import { outputTerms } from './output-mode.ts';
import { withPictures } from './remote-pictures.ts';
import { noteClient, noteIngress } from './request-notes.ts';
import { wantsStream } from './requests/admit.ts';

/** Beyond this each step of reading a body has a turn of the event loop of its own, so that others wait for one at the most. */
const largeBodyBytes = 1_048_576;

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Null: the client left meanwhile. */
export async function admit(
  exchange: Exchange,
  endpoint: Endpoint,
  front: Generator,
  { owner, account, permit }: Caller,
): Promise<Admission | null> {
  const { head } = exchange;
  const { service, models, policy, intercept, settings } = front;
  const { bodyBytesMax } = settings;
  checkMediaType(head.header('content-type'));
  const hold = bodyBytes.hold();
  try {
    const coming = collectBody(exchange, { clock: front.clock, bodyBytesMax, hold });
    const bytes = await (permit === null ? coming : permitted(exchange, permit, coming));
    if (bytes === null) return null;
    const decoding = decodeBody(bytes, head.header('content-encoding'), bodyBytesMax, hold);
    const decoded = decoding instanceof Promise ? await decoding : decoding;
    const isLarge = decoded.length > largeBodyBytes;
    if (isLarge) await nextTurn();
    // Whoever watches was told of its end, and must hear nothing more of it.
    if (exchange.over) return null;
    if (front.diagnostics.watched('request.read')) {
      const told = { request: exchange.id, endpoint: endpoint.name, head, bytes: decoded };
      front.diagnostics.publish('request.read', told);
    }
    const body = parseJsonObject(decoded);
    account.asked(body, wantsStream(body, endpoint.name === 'chat' && front.settings.defaultStream));
    if (isLarge) await nextTurn();
    if (exchange.over) return null;
    const copilot = detectCopilot(head.header, body);
    noteClient(front.journal, exchange, copilot);
    if (endpoint.name === 'responses') noteIngress(front.journal, exchange, body, copilot);
    if (isLarge) await nextTurn();
    const asking = { api: endpoint.name, header: head.header('x-proxy-output-mode'), tier: copilot.tier };
    const output = outputTerms(settings.outputPolicy, asking);
    const mine = service.archive(owner);
    const known = mine === null || endpoint.name === 'chat' ? mine : reachable(mine, body, hold);
    const archive = known instanceof Promise ? await known : known;
    if (exchange.over) return null;
    const admission = endpoint.read(body, { ...policy, models, archive, intercept, output });
    const seen = withPictures(admission, exchange, front, hold);
    return seen instanceof Promise ? await seen : seen;
  } finally {
    hold.release();
  }
}
