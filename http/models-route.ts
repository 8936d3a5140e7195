/** `/v1/models`: the advertised models. Ids are spelled as advertised, whatever spelling was asked for. */

import type { ModelDirectory, ModelEntry } from './admission.ts';
import type { Answer } from './answer.ts';
import { jsonType } from './headers.ts';
import { RequestError } from './request-error.ts';
import { quotable } from './requests/well-formed.ts';

const modelObject = ({ id }: ModelEntry) => ({ id, object: 'model', created: 0, owned_by: 'codex' });

const cacheable = (told: unknown, shared: boolean): Answer => {
  const body = JSON.stringify(told);
  return {
    status: 200,
    headers: [jsonType, ['cache-control', `${shared ? 'public' : 'private'}, max-age=60`]],
    body,
    bytes: new TextEncoder().encode(body),
  };
};

/** By the list that they tell: it is another array when it is another list. */
const lists = {
  shared: new WeakMap<readonly ModelEntry[], Answer>(),
  own: new WeakMap<readonly ModelEntry[], Answer>(),
};

/** `shared`: no key is needed, so shared caches may keep the answer. */
export const modelList = (models: ModelDirectory, shared: boolean): Answer => {
  const list = models.list();
  const known = shared ? lists.shared : lists.own;
  const told = known.get(list) ?? cacheable({ object: 'list', data: list.map(modelObject) }, shared);
  known.set(list, told);
  return told;
};

export function oneModel(models: ModelDirectory, id: string, shared: boolean): Answer {
  const model = id.length > 256 ? null : models.find(id);
  if (model === null) {
    const message = `The model ${quotable(id, 100)} does not exist or you do not have access to it.`;
    throw new RequestError('model_not_found', message, 'model');
  }
  return cacheable(modelObject(model), shared);
}
