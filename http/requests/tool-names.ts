/**
 * One table per request: how the worker knows each tool. Names that it takes stand for themselves; those that it refuses or
 * silently loses, and the members of a namespace, get an alias.
 *
 * Invariants: no two tools share a name at the worker; the table has every name of the history, too, so that a call made
 * earlier is told by the name under which its tool is offered now, and no alias is ever taken for a tool's own name.
 */

export interface ToolRef {
  readonly name: string;
  readonly namespace?: string;
}

export class ToolNames {
  readonly #table = new Map<string, string>();

  /** Declared tools before those of the history, so that aliases stay the same from turn to turn. */
  constructor(tools: readonly ToolRef[]) {
    const known = new Map(tools.map((tool) => [keyOf(tool), tool]));
    const taken = new Set([...known.values()].filter(isPlain).map(({ name }) => name));
    for (const [key, tool] of known) {
      const index = this.#table.size;
      this.#table.set(key, isPlain(tool) ? tool.name : alias(tool, index, known.size, taken));
    }
  }

  /** The name at the worker. */
  of(tool: ToolRef): string {
    return this.#table.get(keyOf(tool)) ?? tool.name;
  }
}

const charsMax = 64;
const keyOf = ({ name, namespace }: ToolRef): string => JSON.stringify([name, namespace ?? null]);
/** The CLI drops the first two without a word, and refuses the others. */
const isReserved = (name: string): boolean =>
  name === 'exec_command' || name === 'shell_command' || name === 'mcp' || name.startsWith('mcp__');
const isPlain = ({ name, namespace }: ToolRef): boolean =>
  namespace === undefined && /^[A-Za-z0-9_-]{1,64}$/.test(name) && !isReserved(name);

/** Its number makes an alias unique among the aliases; one that is a tool's own name is numbered on, past all of them. */
function alias(tool: ToolRef, index: number, count: number, taken: ReadonlySet<string>): string {
  const words = tool.namespace === undefined ? tool.name : `${tool.namespace}_${tool.name}`;
  const made = `t${index}_${words.replace(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, charsMax);
  return taken.has(made) ? alias(tool, index + count, count, taken) : made;
}
