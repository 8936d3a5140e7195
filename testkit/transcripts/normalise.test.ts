import fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalised } from './normalise.ts';

const hex = fc
  .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: 32, maxLength: 32 })
  .map((all) => all.join(''));

it('numbers ids in the order in which they come, the same id with the same number', () => {
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)];
  expect(normalised(`"resp_${a}" "msg_${b}_0" "fc_${a}_1" "chatcmpl-${b}" "call_fake_${a}_0"`)).toBe(
    '"resp_#1" "msg_#2_0" "fc_#1_1" "chatcmpl_#2" "call_fake_#1_0"',
  );
});

it('takes away instants, durations and signs of life', () => {
  const text = '{"created":1,"created_at":2,"completed_at":null,"total_duration_ms":3,"time_to_first_token":null}';
  expect(normalised(text)).toBe(
    '{"created":"<instant>","created_at":"<instant>","completed_at":null,"total_duration_ms":"<duration>","time_to_first_token":"<duration>"}',
  );
  expect(normalised(': keepalive\n\ndata: {}\n\n')).toBe('data: {}\n\n');
});

it('is the same for any ids, and the same again', () => {
  fc.assert(
    fc.property(hex, hex, fc.nat(), (one, other, at) => {
      fc.pre(one !== other);
      const text = (id: string): string => `{"id":"resp_${id}","created_at":${at},"item":"msg_${id}_0"}`;
      expect(normalised(text(one))).toBe(normalised(text(other)));
      expect(normalised(normalised(text(one)))).toBe(normalised(text(one)));
    }),
  );
});
