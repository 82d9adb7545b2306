# syntax=docker/dockerfile:1
# The server's image: Node 24, SoftHSM for those without a hardware module, and what `npm run build` makes.
# It holds no configuration and no secret: deploy/compose.yaml shows what to mount.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# What changes seldom comes first, so that a change of the code does not install everything again.
COPY package.json package-lock.json .npmrc ./
COPY bin ./bin
COPY scripts ./scripts
RUN scripts/setup --for=check
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
# The package managers of the base image go: nothing is installed in a running container.
RUN apt-get update \
  && apt-get install -y --no-install-recommends openssl softhsm2 \
  && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn* \
  && groupadd --system --gid 8200 strongroom \
  && useradd --system --uid 8200 --gid strongroom --home-dir /var/lib/strongroom --shell /usr/sbin/nologin strongroom \
  && install -d -m 0700 -o strongroom -g strongroom /var/lib/strongroom \
  && install -d -m 0755 /etc/strongroom
WORKDIR /opt/strongroom
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY drizzle ./drizzle
COPY hsm ./hsm
COPY deploy/health-check.mjs ./deploy/health-check.mjs
ENV NODE_ENV=production
ENV PATH=/opt/strongroom/bin:$PATH
USER 8200:8200
# Everything that is written goes here, so the rest of the file system can be read-only.
VOLUME /var/lib/strongroom
EXPOSE 8200
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/opt/strongroom/deploy/health-check.mjs"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/strongroom/bin/strongroom"]
CMD ["server", "-config=/etc/strongroom/config.hcl"]
