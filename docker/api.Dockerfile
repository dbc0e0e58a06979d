# The image of the API. Built from the root of the project:
#   docker build --file docker/api.Dockerfile --tag leveret-api .

# For a release, pin the digest behind the tag too: node:24.22.3-bookworm-slim@sha256:…
FROM node:24.22.3-bookworm-slim AS node
WORKDIR /app

# The manifests alone: packages are installed again when one of these changes, not with every line of code.
FROM node AS manifests
COPY package.json package-lock.json ./
COPY apps apps
COPY libs libs
RUN find apps libs \( -type f ! -name package.json -o -type d -empty \) -delete

# What the API needs to run. The lock file is read by the npm that package.json names, not by the one that the image brings.
# Of libsql's binaries the one for musl is of no use on Debian.
FROM node AS packages
RUN npm install --global npm@11.19.1
COPY --from=manifests /app ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace=apps/api \
  && rm -r node_modules/@libsql/*-musl

# The compiler is a dependency of the root.
FROM packages AS build
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace=apps/api --include-workspace-root
COPY tsconfig.base.json ./
COPY apps apps
COPY libs libs
RUN node node_modules/typescript-native/bin/tsc -b apps/api
RUN mkdir /compiled && find apps libs -path '*/dist/*' -name '*.js' -exec cp --parents --target-directory=/compiled {} +

# The dashboard, with tools that the image does not keep.
FROM packages AS page
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace=apps/dashboard
COPY tsconfig.base.json ./
COPY apps apps
COPY libs libs
RUN node apps/dashboard/build.mjs

FROM node
RUN install --directory --owner=node --group=node /data
COPY LICENSE ./
COPY --from=packages /app ./
COPY --from=build /compiled ./
COPY libs/http/assets libs/http/assets
COPY libs/admin/assets libs/admin/assets
COPY --from=page /app/libs/admin/page libs/admin/page
COPY docker/healthcheck.mjs docker/
# Nobody outside could reach a server on the container's own loopback. On any other address it demands LEVERET_API_KEYS.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
EXPOSE 3000
# The user `node`, by number, so that a supervisor can see that it is not root.
USER 1000:1000
# Alive, not ready: some supervisors replace a container that fails this, which brings no broker back.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "docker/healthcheck.mjs", "PORT", "live"]
# Node itself is the first process: it handles SIGTERM, and the API starts no processes that would need reaping.
ENTRYPOINT ["node", "apps/api/dist/main.js"]
