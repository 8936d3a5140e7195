// The health check of the image: `health.mjs <path>` ends with 0 when this container answers 200 there. By address, because what
// `localhost` means is not the image's to say.

const [path = '/readyz'] = process.argv.slice(2);
try {
  const { status } = await fetch(`http://127.0.0.1:${process.env.PORT || 11435}${path}`, {
    signal: AbortSignal.timeout(4_000),
  });
  if (status !== 200) throw new Error(`${path} answers ${status}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
