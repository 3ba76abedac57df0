/** Chapters of docs/events.md that no single type owns. */
export const RULES = `## Rules of calls

1. **A call** is everything that the PBX ties together from the first device on (Asterisk: one \`Linkedid\`), however many
   phones it rings. \`call_id\` is the same in all its events. What no device ever takes part in is no call.
2. **Start, answer, end.** Each call has exactly one \`call.started\`, at most one \`call.answered\`, exactly one
   \`call.ended\`, in this order; no event of a call comes before its start or after its end, and \`sequence\` counts them
   1, 2, 3 … This holds whatever the PBX says in whatever order, also when part of it is lost.
3. **Legs are no calls**: Local channels, phones of a ring group, forwarding hops, retries.
4. **Merging.** When the PBX ties a younger call to an older one (attended transfer, retrieval, pickup), the younger one
   ends with \`merged_into\`, and the older one goes on.
5. **Parties.** A device whose endpoint matches \`calls.extension_pattern\` is an extension; one that does not, or is listed
   in \`calls.trunks\`, is outside. \`direction\` is \`inbound\` when the caller is outside, \`outbound\` when an extension reaches
   outside, else \`internal\`. \`from_extension\` is the calling extension or the outside number (\`anonymous\` when withheld),
   \`to_extension\` the number dialled. A click-to-call is from the device that is rung first to where it is then sent.
6. **Answered** means by a person: a device or an outside party picked up, or fetched a call that nobody had answered. A
   menu, a queue's music, voicemail, a conference and a page's phones answer nothing.
7. **How it ended**: \`disposition\` is one of
   \`answered\`; \`no_answer\` (it rang); \`busy\`; \`declined\`; \`cancelled\` (the caller gave up); \`voicemail\` (a message was
   left); \`abandoned\` (the caller hung up in a queue); \`application\` (only services: conference, menu, page, a pickup's
   own call …); \`failed\` (unknown number, unreachable, congestion); \`unknown\` (its end was not seen). A call that merged
   before anybody had answered it has none.
8. **Who hung up**: \`hangup_by\` is \`caller\` (the device that began), \`callee\` (any other party, also one that is busy or
   declines) or \`system\` (nobody: a time-out, the dial plan, a script).
9. **Absent is absent**: what is not known has no key; there are no empty texts and no \`<unknown>\`.

## Losing sight

A PBX does not repeat what happened while nobody was connected. On each new connection stock is taken, and the difference
is told with \`"inferred": true\`: calls that ended or began meanwhile, who is in queues, parking spaces and conferences,
registrations gained and lost, messages in mailboxes. The time of such an event is that of the stock-taking, unless the PBX
knows better. A restart of pbx-webhooks is bridged in the same way: what it has told is remembered on disk. At the very
first start what is there already is taken over silently; what becomes of it later is told: a call gets an inferred
\`call.started\` before its first event, a conference or a page may be told to end that was not told to begin.
`;
