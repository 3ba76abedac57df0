# pbx-webhooks: `docker run -v ./config:/etc/pbx-webhooks:ro -v pbx-webhooks:/data pbx-webhooks`
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The image brings its Node: no package needs to run an install script.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/plugin.json /app/openapi.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/demo demo
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["start", "--config", "/etc/pbx-webhooks/config.yml"]
