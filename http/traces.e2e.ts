/** Traces with the real CLI: the names in a span are those by which the CLI and the provider know the same request. */

import { expect, onTestFinished, test } from 'vitest';
import { bodyOf, post, stream, streamed } from '../testkit/answers.ts';
import { startGateway } from '../testkit/gateway.ts';
import { startOtlpReceiver } from '../testkit/otlp-receiver.ts';
import { marker } from '../testkit/provider/scenario.ts';

test('a span leads to what the provider was asked, whether it has answered or refused', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.close());
  const gateway = await startGateway({ PROXY_ENABLE_OTEL: 'true', PROXY_OTEL_EXPORTER_URL: receiver.url });
  onTestFinished(() => gateway.kill());
  const answered = streamed('responses', await stream(gateway, 'responses', marker('text', { text: 'fine' })).done);
  const refused = await post(gateway, 'chat', bodyOf('chat', marker('status', { code: 404 }))).done;
  expect(refused.status).toBe(502);
  const [first, second] = gateway.provider.samplings.map(({ headers }) => headers['x-client-request-id']);
  await gateway.stop();
  const invocations = receiver.spans.filter(({ name }) => name === 'backend.invoke');
  expect(invocations.map(({ failed, facts }) => ({ failed, ...facts }))).toEqual([
    expect.objectContaining({
      failed: false,
      'proxy.backend.outcome': 'completed',
      'codex.response.id': answered.id,
      'codex.thread.id': first,
      'codex.upstream.id': 'resp_000001',
    }),
    expect.objectContaining({
      failed: true,
      'proxy.backend.outcome': 'failed',
      'error.type': 'upstream_refused',
      'codex.thread.id': second,
      'codex.upstream.id': 'req_fake_2',
    }),
  ]);
});
