/** What docs/cli.md says before the tables; each line of its `sh` fences is run by a test. */
export const GUIDE = `# Command line

\`pbx-webhooks --help\` lists the commands, \`pbx-webhooks <command> --help\` shows one with an example.

## Where the service is

Commands that manage the running service use its [API](api.md). They find it, in this order:

1. \`--url http://pbx.lan:8080\`, or \`PBX_WEBHOOKS_URL\`;
2. \`features.webhooks.api\` of a configuration file: \`--config FILE\`, else \`config.yml\` in this folder. Nothing else of the file
   is read, so that variables which only the service has may be unset;
3. \`http://127.0.0.1:8080\`.

The token comes from \`PBX_WEBHOOKS_TOKEN\`, \`--token-file FILE\` or the same configuration file. \`--token\` works too, but whoever
may list processes on this machine reads it there (\`ps\`).

## For people, for scripts

- Results go to standard output, all else to standard error. Tables fit the terminal; into a pipe nothing is cut.
- \`--json\` prints what the API answered, as it is. \`--all --json\`, \`tail --json\` and \`listen --json\` print one object a line.
- Colour is for terminals only, and for none where \`NO_COLOR\` is set. Times are local; those of \`--json\` are UTC.
- A subscription is named by its id or its URL.
- Times are \`2h\`, \`30m\`, \`7d\` (ago), \`"2025-12-07 12:00"\` (local) or RFC 3339.
- What deletes many asks first; without a terminal it wants \`--yes\`. Long work shows how far it is. After Ctrl-C the service
  goes on with a replay or a bulk retry that it has begun; the command says how far it was.

## Recipes

A new receiver, with a secret that nobody but the two of you has seen:

\`\`\`sh
pbx-webhooks subscriptions add https://crm.example.com/hook --events "call.*,voicemail.new" --generate-secret > crm.secret
pbx-webhooks send-test --subscription https://crm.example.com/hook --type call.ended
\`\`\`

What happens now, and what comes of it:

\`\`\`sh
pbx-webhooks status
pbx-webhooks tail --events "call.*" --deliveries
\`\`\`

A receiver was down for a night. What gave up, and why; then all of it again, in order:

\`\`\`sh
pbx-webhooks dead-letters list --subscription https://crm.example.com/hook
pbx-webhooks dead-letters retry --subscription https://crm.example.com/hook
\`\`\`

It answered 200 but lost what it got. The kept events of that time again, under their ids:

\`\`\`sh
pbx-webhooks subscriptions replay https://crm.example.com/hook --since 12h --until 4h
\`\`\`

What became of one call:

\`\`\`sh
pbx-webhooks events list --call 1701964800.42
pbx-webhooks deliveries list --call 1701964800.42 --json
\`\`\`

All dead letters as a file, then gone:

\`\`\`sh
pbx-webhooks dead-letters list --all --json > dead-letters.ndjson
pbx-webhooks dead-letters delete --all --yes
\`\`\`

A new secret; both sign until tomorrow:

\`\`\`sh
pbx-webhooks subscriptions rotate-secret https://crm.example.com/hook --overlap 24h > crm.secret
\`\`\`

An event from a script, once however often the script runs:

\`\`\`sh
pbx-webhooks events publish user.event --data '{"name":"BackupDone","fields":{}}' --idempotency-key backup-2025-12-07
\`\`\`

Something does not work, and you don't know what:

\`\`\`sh
pbx-webhooks doctor --config config.yml
pbx-webhooks doctor --config config.yml --watch 60 --send-test
\`\`\``;
