/** What the model is given of the images and files of a request, by the real CLI. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { JudgedClient } from '../testkit/judged-client.ts';
import { dataUrl, gif, jpeg, png, webp } from '../testkit/pictures.ts';
import { isJson } from '../testkit/provider/request.ts';
import { modelItems } from '../testkit/provider-view.ts';
import { readPicture } from './requests/picture-head.ts';

let gateway: Gateway;
let client: JudgedClient;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '1' }, { provider: { defaultScenario: 'text' } });
  client = new JudgedClient(gateway);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const seen = () => modelItems(gateway.provider.samplings.at(-1));
/** The parts of the first message. */
const parts = (): readonly unknown[] => {
  const content = seen()[0]?.['content'];
  return Array.isArray(content) ? content : [];
};
const pictureOf = (part: unknown) => {
  const url = isJson(part) ? String(part['image_url']) : '';
  return readPicture(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
};

const red = dataUrl(png({ width: 8, height: 6, noise: true }));
const grey = dataUrl(jpeg({ width: 64, height: 48, noise: true }), 'image/jpeg');
const text = (words: string) => ({ type: 'input_text', text: words });
const image = (image_url: string, more = {}) => ({ type: 'input_image', image_url, ...more });
const ask = (...content: readonly object[]) => client.respond({ input: [{ role: 'user', content }] });

describe('an image reaches the model', () => {
  test('as it was sent, among the words, on both endpoints, streamed or not', async () => {
    const read = [text('this:'), image(red), text('and:'), image(grey, { detail: 'high' })];
    await ask(...read);
    expect(parts()).toEqual(read);
    await client.respondStream({ input: [{ role: 'user', content: read }] });
    expect(parts()).toEqual(read);
    const content = [
      { type: 'text', text: 'this:' },
      { type: 'image_url', image_url: { url: red } },
      { type: 'text', text: 'and:' },
      { type: 'image_url', image_url: { url: grey, detail: 'high' } },
    ];
    await client.chat({ messages: [{ role: 'user', content }] });
    expect(parts()).toEqual(read);
    await client.chatStream({ messages: [{ role: 'user', content }] });
    expect(parts()).toEqual(read);
  });

  test('with detail low as with auto', async () => {
    await ask(image(red, { detail: 'low' }), image(red, { detail: 'auto' }));
    expect(parts()).toEqual([image(red, { detail: 'auto' }), image(red, { detail: 'auto' })]);
  });

  test('under the media type of its bytes; WebP as it is, GIF as PNG', async () => {
    const content = [image(dataUrl(webp, 'image/png')), image(dataUrl(gif)), image(red.replace('png', 'jpeg'))];
    await ask(...content);
    expect(parts().map(pictureOf)).toEqual([
      { type: 'image/webp', width: 1, height: 1 },
      { type: 'image/png', width: 1, height: 1 },
      { type: 'image/png', width: 8, height: 6 },
    ]);
    expect([parts()[0], parts()[2]]).toEqual([image(dataUrl(webp, 'image/webp')), image(red)]);
  });

  test('from the output of a tool, on both endpoints', async () => {
    const output = [text('seen:'), image(red)];
    const call = { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' };
    await client.respond({ input: [call, { type: 'function_call_output', call_id: 'c', output }, text('and?')] });
    expect(seen()[1]).toMatchObject({ type: 'function_call_output', call_id: 'c', output });
    const tool_calls = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }];
    await client.chat({
      messages: [
        { role: 'assistant', tool_calls },
        { role: 'tool', tool_call_id: 'c', content: output },
      ],
    });
    expect(seen()[1]).toMatchObject({ type: 'function_call_output', call_id: 'c', output });
  });

  test('twenty of them', async () => {
    const many = Array.from({ length: 20 }, (_, n) => image(dataUrl(png({ width: 20, height: n + 1, noise: true }))));
    await ask(...many);
    expect(parts()).toEqual(many);
  });
});

describe('a large photo', () => {
  test.each([
    ['of a phone', 4_000, 3_000],
    ['of a phone held upright', 3_000, 4_000],
    ['of 50 megapixels', 8_160, 6_120],
    ['of 64 megapixels', 9_248, 6_936],
  ])('%s is made smaller, never larger, and seen', async (_name, width, height) => {
    for (const photo of [jpeg({ width, height, noise: true }), png({ width, height })]) {
      await ask(image(dataUrl(photo)));
      const head = pictureOf(parts()[0]);
      if (typeof head === 'string') throw new Error(head);
      expect(head.type).toBe(pictureTypeOf(photo));
      expect(head.width * head.height).toBeGreaterThan(1_000_000);
      expect(head.width * head.height).toBeLessThan(3_000_000);
      expect(Math.abs(head.width / head.height - width / height)).toBeLessThan(0.01);
    }
  });

  test('of 11 MB, the most that a body holds, is seen', async () => {
    await ask(image(dataUrl(png({ width: 2_000, height: 1_900, noise: true }))));
    expect(pictureOf(parts()[0])).toMatchObject({ type: 'image/png' });
  });

  test('of more pixels is refused', async () => {
    const content = [image(dataUrl(jpeg({ width: 12_000, height: 9_000 })))];
    const refused = await client.refused('/responses', { input: [{ role: 'user', content }] });
    expect(refused).toMatchObject({ status: 400, code: 'image_too_large', param: 'input[0].content[0].image_url' });
    expect(gateway.provider.requests).toHaveLength(0);
  });
});

const pictureTypeOf = (bytes: Buffer): string => {
  const head = readPicture(bytes);
  return typeof head === 'string' ? head : head.type;
};

test('an image at an address of this host is not fetched', async () => {
  let asked = 0;
  const web = createServer((_, response) => {
    asked += 1;
    response.end(png({ width: 1, height: 1 }));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const { port } = web.address() as AddressInfo;
  for (const host of ['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]']) {
    const messages = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: `http://${host}:${port}/a.png` } }] },
    ];
    const refused = await client.refused('/chat/completions', { messages });
    expect(refused).toMatchObject({ status: 400, code: 'invalid_image_url' });
    expect(refused).toMatchObject({ param: 'messages[0].content[0].image_url.url' });
  }
  web.close();
  expect(asked).toBe(0);
  expect(gateway.provider.requests).toHaveLength(0);
});

test('a file that is text is read by the model', async () => {
  const file_data = `data:text/markdown;base64,${Buffer.from('# Title ø').toString('base64')}`;
  const told = [text('File notes.md:\n\n# Title ø'), text('Sum it up.')];
  await ask({ type: 'input_file', filename: 'notes.md', file_data }, text('Sum it up.'));
  expect(parts()).toEqual(told);
  const content = [
    { type: 'file', file: { filename: 'notes.md', file_data } },
    { type: 'text', text: 'Sum it up.' },
  ];
  await client.chat({ messages: [{ role: 'user', content }] });
  expect(parts()).toEqual(told);
});
