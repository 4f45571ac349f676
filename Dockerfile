# syntax=docker/dockerfile:1
# One image for all programs; the command chooses. See docs/deployment.md.

# The Node that the tests run on (devDependencies.node). Debian, not Alpine: Temporal's native core needs glibc.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`, for the reason in docs/decisions/0003. What runs in production needs no install script.
RUN --mount=type=cache,target=/root/.npm npm install --omit=dev --ignore-scripts
# Temporal's core comes for all platforms in one package, of which this image can run one.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM dependencies AS workflows
COPY . .
RUN node cli/bundle-workflows.ts /workflows.js

FROM node:24.21.0-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="order-staging" \
      org.opencontainers.image.description="Takes orders in, validates, stages and hands them to production exactly once" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A volume that is empty takes its owner from the folder that it covers. All else may be mounted read-only.
RUN install --directory --owner=1000 --group=1000 --mode=0750 \
    /var/lib/order-staging /var/lib/order-staging/keys /var/lib/order-staging/edi /var/lib/order-staging/anchors \
    /var/lib/order-staging/backoffice /app/compiled
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules/
COPY --from=workflows /workflows.js /app/workflows.js
COPY . .
# Inside a container the loopback address is reachable by nobody; who may reach this one is said by whoever runs it.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    VAR_DIR=/var/lib/order-staging \
    WORKFLOW_BUNDLE=/app/workflows.js \
    BACKOFFICE_HOST=0.0.0.0 \
    BACKOFFICE_DB=/var/lib/order-staging/backoffice/backoffice.sqlite
# By number, so that an orchestrator can tell that it is not root. It is the user `node` of the base image.
USER 1000:1000
# What Node makes of our files when they are first read: kept, each start is quicker and takes 30 MB less. Node keeps it by
# user. Without a port the programs end before they do anything.
ENV NODE_COMPILE_CACHE=/app/compiled
RUN for program in api/server.ts workers/main.ts; do PORT=none node "$program" || true; done
EXPOSE 3000 3100 9464
# Of the gateway; the other programs bring their own.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 \
    CMD ["node", "cli/health.ts", "http://127.0.0.1:3000/healthz"]
# Each program ends in order on SIGTERM, as process 1 too.
CMD ["node", "api/server.ts"]
