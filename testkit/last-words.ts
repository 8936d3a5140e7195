/** What the latest gateways of this process have written last: whoever reads why a test failed has often nothing else. */

const gatewaysMax = 3;
const lineCharsMax = 400;
const gateways: (() => string)[] = [];

/** One more gateway; `tail`: its last lines. */
export const remember = (tail: () => string): void => {
  gateways.push(tail);
  if (gateways.length > gatewaysMax) gateways.shift();
};

const cut = (line: string): string => (line.length > lineCharsMax ? `${line.slice(0, lineCharsMax)}…` : line);

export const lastWords = (): readonly string[] =>
  gateways.map((tail) => `a gateway wrote last:\n${tail().split('\n').map(cut).join('\n')}`);
