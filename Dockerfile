# The image of the gateway and of the ForwardAuth service beside it.
#   docker build -t codex-actors .
#   docker run -p 127.0.0.1:11435:11435 -e PROXY_API_KEY=… -v "$PWD/.codex-api:/app/.codex-api" codex-actors
#   docker run … codex-actors node deploy/auth/main.ts        the ForwardAuth service
#   docker run --rm codex-actors codex app-server --help      the Codex CLI
# For linux/amd64; for linux/arm64 where npm has the binaries: the build ends, and says what is missing, where it has not.
# NODE_IMAGE takes another base, by digest for example. It must have glibc: uWebSockets.js has no binary for musl (alpine).
ARG NODE_IMAGE=node:22.23.3-bookworm-slim

FROM ${NODE_IMAGE} AS deps
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY deploy/image/bake.mjs deploy/image/
RUN npm ci --omit=dev --include=optional --ignore-scripts --no-audit --no-fund \
 && npm pkg delete devDependencies \
 && npm sbom --sbom-format cyclonedx --omit dev > /tmp/sbom.cdx.json \
 && node deploy/image/bake.mjs /usr/local/lib/codex-cli

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="codex-actors" \
      org.opencontainers.image.description="Serves OpenAI Codex (codex app-server) as a standard OpenAI API" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    PORT=11435 \
    PROXY_HOST=0.0.0.0 \
    CODEX_BIN=/usr/local/lib/codex-cli/bin/codex \
    CODEX_HOME=/app/.codex-api \
    PROXY_DATA_DIR=/app/.data
WORKDIR /app
COPY --from=deps /usr/local/lib/codex-cli /usr/local/lib/codex-cli
COPY --from=deps /app/node_modules node_modules
COPY --from=deps /tmp/sbom.cdx.json /usr/local/share/sbom/codex-actors.cdx.json
COPY package.json LICENSE ./
COPY machines machines
COPY actors actors
COPY transport transport
COPY http http
COPY testkit testkit
COPY deploy deploy
# Under another uid than that of `node` the folders can be written, too: `docker run --user`.
# The last step proves what was baked: as that user, the CLI has the pinned version and an app-server, uWebSockets.js loads.
RUN ln -s /usr/local/lib/codex-cli/bin/codex /usr/local/bin/codex \
 && node deploy/image/link-shims.mjs /app/scripts \
 && node --no-warnings deploy/strip.mjs \
 && mkdir -p .codex-api .data /tmp/codex-work \
 && chown node:node .codex-api .data /tmp/codex-work \
 && chmod 1777 .codex-api .data /tmp/codex-work
USER node
RUN node deploy/image/prove.mjs
EXPOSE 11435
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "deploy/image/health.mjs", "/readyz"]
ENTRYPOINT []
# Twice the young generation that Node has by itself: half as many pauses to collect it, for some 32 MB.
CMD ["node", "--max-semi-space-size=32", "http/main.ts"]
