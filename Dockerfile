# The server alone: built with everything, run with what it needs. `docker compose build server`.
FROM node:24-bookworm-slim AS manifests
WORKDIR /sotto
COPY package.json package-lock.json .npmrc ./
COPY protocol/package.json protocol/package.json
COPY crypto/package.json crypto/package.json
COPY migrations/package.json migrations/package.json
COPY server/package.json server/package.json
# npm wants to see every workspace that the lock file names.
COPY client/package.json client/package.json
COPY e2e/package.json e2e/package.json
COPY bench/package.json bench/package.json

# No install script runs: every binary is inside its package.
FROM manifests AS build
RUN npm ci --ignore-scripts --workspace=server --workspace=protocol --workspace=crypto --workspace=migrations --include-workspace-root
COPY tsconfig.base.json ./
COPY protocol protocol
COPY crypto crypto
COPY migrations migrations
COPY server server
RUN npx tsc -b server

FROM manifests AS production
RUN npm ci --omit=dev --ignore-scripts --workspace=server --workspace=protocol --workspace=crypto --workspace=migrations
COPY --from=build /sotto/protocol/dist protocol/dist
COPY --from=build /sotto/crypto/dist crypto/dist
COPY --from=build /sotto/migrations/dist migrations/dist
COPY --from=build /sotto/server/dist server/dist

FROM node:24-bookworm-slim
# MALLOC_ARENA_MAX: what hashing passwords borrows from the system goes back to it (70 MiB less at rest).
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    SOTTO_HOST=0.0.0.0 \
    SOTTO_PORT=8787 \
    SOTTO_DATA=/data \
    SOTTO_BEHIND_TLS_PROXY=1
WORKDIR /sotto
# Owned by root: the program cannot change itself.
COPY --from=production --chown=root:root /sotto /sotto
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/v1/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "server/dist/main.js"]
