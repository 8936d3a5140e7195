/** A receiver of traces as a test needs one: it takes OTLP/HTTP as JSON and shows the spans flat. What it answers is the test's choice. */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = string | number | boolean | readonly string[];

export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it is the first of its trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly failed: boolean;
  readonly facts: Readonly<Record<string, Value>>;
  readonly events: readonly string[];
  /** Facts of whoever sends it. */
  readonly resource: Readonly<Record<string, Value>>;
}

interface WireValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly WireValue[] };
}
type WireFacts = readonly { readonly key: string; readonly value: WireValue }[];

interface WireSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly attributes: WireFacts;
  readonly events?: readonly { readonly name: string }[];
}

interface WireBatch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: WireFacts };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const valueOf = (value: WireValue): Value =>
  value.stringValue ??
  value.boolValue ??
  value.arrayValue?.values.map((one) => String(valueOf(one))) ??
  Number(value.intValue ?? value.doubleValue);
const factsOf = (facts: WireFacts): ReceivedSpan['facts'] =>
  Object.fromEntries(facts.map(({ key, value }) => [key, valueOf(value)]));

const spansOf = (body: string): readonly ReceivedSpan[] =>
  (JSON.parse(body) as WireBatch).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState ?? '',
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        failed: span.status.code === 2,
        facts: factsOf(span.attributes),
        events: (span.events ?? []).map(({ name }) => name),
        resource: factsOf(resource.attributes),
      })),
    ),
  );

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** As they came, in batches. */
  readonly bodies: string[];
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

const accept = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
};

/** `answer`: what becomes of a batch; accepted if absent. */
export async function startOtlpReceiver(answer: (response: ServerResponse) => void = accept): Promise<OtlpReceiver> {
  const [spans, bodies, requests]: [ReceivedSpan[], string[], OtlpReceiver['requests']] = [[], [], []];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      requests.push({ path: request.url ?? '', headers: request.headers });
      bodies.push(body);
      spans.push(...spansOf(body));
      answer(response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bodies,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
