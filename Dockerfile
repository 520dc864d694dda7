# docker build --tag relay-broker .                          the broker
# docker build --tag relay-agent --target agent .            the agent

# koffi, and with it the Linux data plane, comes built for glibc as well as for musl; Debian's
# is what CI runs on.
FROM node:24-bookworm-slim AS build
WORKDIR /opt/relay
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
# valibot names the compiler as what its types are for, so that npm keeps it.
RUN npm run build \
  && npm prune --omit=dev --no-fund --no-audit \
  && rm -r node_modules/typescript node_modules/@typescript \
  && chmod +x dist/cli/relay-*.js

FROM node:24-bookworm-slim AS installed
ENV NODE_ENV=production
WORKDIR /opt/relay
COPY --from=build /opt/relay/package.json ./
COPY --from=build /opt/relay/node_modules node_modules
COPY --from=build /opt/relay/dist dist
RUN for program in relay-broker relay-agent relay-connect; do \
    ln -s "/opt/relay/dist/cli/$program.js" "/usr/local/bin/$program"; \
  done \
  && install --directory --owner=node --group=node --mode=0700 /var/lib/relay
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM

FROM installed AS agent
ENTRYPOINT ["relay-agent"]

FROM installed AS broker
ENV RELAY_PORT=8080 \
    RELAY_STATE=/var/lib/relay/state.json \
    RELAY_ADMIN=127.0.0.1:9090
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:9090/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["relay-broker"]
