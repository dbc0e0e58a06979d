# The image of a worker. Built from the root of the project:
#   docker build --file docker/worker.Dockerfile --tag leveret-worker .
# It holds Debian's ffmpeg, which is under the GPL; docs/licences.md says what follows for those who hand it on.

# For a release, pin the digest behind the tag too: node:24.22.3-bookworm-slim@sha256:…
FROM node:24.22.3-bookworm-slim AS node
WORKDIR /app

# The manifests alone: packages are installed again when one of these changes, not with every line of code.
FROM node AS manifests
COPY package.json package-lock.json ./
COPY apps apps
COPY libs libs
RUN find apps libs \( -type f ! -name package.json -o -type d -empty \) -delete

# What a worker needs to run. The lock file is read by the npm that package.json names, not by the one that the image brings.
# node-av is the one optional dependency of libs/video and must not be handed on: npm is told of none. (Leaving out all
# optional dependencies would leave out the binaries of sharp and libsql.) npm still refuses a lock file that does not fit.
# Of libsql's binaries the one for musl is of no use on Debian.
FROM node AS packages
RUN npm install --global npm@11.19.1
COPY --from=manifests /app ./
RUN npm pkg delete optionalDependencies.node-av --workspace=libs/video \
  && npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace=apps/worker \
  && rm -r node_modules/@libsql/*-musl

# The compiler is a dependency of the root, and it reads the types of node-av.
FROM node AS build
RUN npm install --global npm@11.19.1
COPY --from=manifests /app ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace=apps/worker --include-workspace-root
COPY tsconfig.base.json ./
COPY apps apps
COPY libs libs
RUN node node_modules/typescript-native/bin/tsc -b apps/worker
RUN mkdir /compiled && find apps libs -path '*/dist/*' -name '*.js' -exec cp --parents --target-directory=/compiled {} +

FROM node
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ffmpeg tini \
  && rm -r /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /data
COPY LICENSE ./
COPY --from=packages /app ./
COPY --from=build /compiled ./
COPY docker/healthcheck.mjs docker/
# The user `node`, by number, so that a supervisor can see that it is not root.
USER 1000:1000
# No image comes about that holds node-av, or that has no decoder.
RUN test ! -e node_modules/node-av && test ! -e node_modules/@seydx && node --input-type=module --eval "\
  import { createFrameSource } from '@leveret/video'; \
  const { name } = await createFrameSource({ engine: 'auto', searchPath: process.env.PATH }); \
  if (name !== 'ffmpeg') throw new Error('the decoder is ' + name);"
# The health server listens on the container's own loopback, where the check below asks.
ENV NODE_ENV=production LEVERET_HEALTH_PORT=3001
# Alive, not ready: some supervisors replace a container that fails this, which brings no broker back.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "docker/healthcheck.mjs", "LEVERET_HEALTH_PORT", "live"]
# A job that overruns is killed together with its ffmpeg, which is left to the first process. Node reaps only what it started
# itself; tini reaps everything, and hands SIGTERM on to Node.
ENTRYPOINT ["tini", "--", "node", "apps/worker/dist/main.js"]
