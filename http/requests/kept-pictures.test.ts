import { expect, test } from 'vitest';
import type { Json } from '../../actors/turn.ts';
import { withDownloads } from './kept-pictures.ts';

const near = 'data:image/png;base64,AAAA';
const far = 'https://pictures.example/a.png';
const downloads = new Map([[far, { type: 'input_image', image_url: near }]]);

/** Every place in which a client may name a picture. */
const items = (url: string): readonly Json[] => [
  {
    role: 'user',
    content: [
      { type: 'input_image', image_url: url, detail: 'high' },
      { type: 'input_text', text: far },
    ],
  },
  { role: 'user', content: [{ type: 'image_url', image_url: { url, detail: 'low' } }] },
  { role: 'user', content: { type: 'input_image', image_url: url } },
  { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: url }] },
  { type: 'input_image', image_url: url },
];
const others: readonly Json[] = [
  { role: 'user', content: far },
  { type: 'function_call_output', call_id: 'c', output: far },
  { type: 'function_call', call_id: 'd', name: 'f', arguments: far },
  { role: 'user', content: [{ type: 'input_image', image_url: 'https://pictures.example/b.png' }, null, 7] },
  { role: 'user', content: [{ type: 'image_url', image_url: {} }] },
];

test('what was downloaded is kept in place of its address, and nothing else is changed', () => {
  const kept = withDownloads({ input: [...items(far), ...others], previous: null }, downloads);
  expect(kept).toEqual({ input: [...items(near), ...others], previous: null });
});
