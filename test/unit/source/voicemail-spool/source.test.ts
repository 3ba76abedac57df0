import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PbxName } from '../../../../src/model/ids.ts';
import type { Source } from '../../../../src/source/source.ts';
import { withVoicemailSpool } from '../../../../src/source/voicemail-spool/source.ts';
import type { Fact, VoicemailFact } from '../../../../src/telephony/facts.ts';
import { FakeClock } from '../../../support/clock.ts';
import { createRecorder, type Recorder } from '../../../support/recorder.ts';

type Listed = Extract<VoicemailFact, { kind: 'voicemail.listed' }>;

/** Messages that a real Asterisk wrote. */
const MESSAGES = fileURLToPath(new URL('../../../fixtures/voicemail-spool/', import.meta.url));

interface Rig {
  readonly spool: string;
  readonly clock: FakeClock;
  readonly log: Recorder<string>;
  readonly listed: Recorder<Listed>;
  readonly facts: Recorder<Fact>;
  /** What the PBX itself tells. */
  tell(fact: Fact): void;
  start(): Source;
  /** The watcher's look at all folders. */
  look(): Promise<void>;
  /** Settles with what the next list of a mailbox holds. */
  next(mailbox?: string): Promise<string[] | undefined>;
}

/** A spool with the messages of an Asterisk, each with an audio file, and a PBX that says nothing by itself. */
function rig(version = '22'): Rig {
  const spool = mkdtempSync(join(tmpdir(), 'pbx-webhooks-spool-'));
  onTestFinished(() => rmSync(spool, { recursive: true, force: true }));
  cpSync(join(MESSAGES, version), spool, { recursive: true });
  for (const message of ['INBOX/msg0000', 'INBOX/msg0001', 'Old/msg0000', 'Work/msg0000']) {
    writeFileSync(join(spool, 'default/1002', `${message}.wav`), 'RIFF');
  }
  const clock = new FakeClock(Date.now());
  const log = createRecorder<string>();
  const listed = createRecorder<Listed>();
  const facts = createRecorder<Fact>();
  let told: (fact: Fact) => void = () => undefined;
  const pbx: Source = {
    name: 'main' as PbxName,
    start: (onFact) => {
      told = onFact;
    },
    stop: () => Promise.resolve(),
    counts: () => ({ received: 0, unseenMs: 0 }),
    health: () => ({ state: 'connected' }),
  };
  let seen = 0;
  return {
    spool,
    clock,
    log,
    listed,
    facts,
    tell: (fact) => told(fact),
    start() {
      const note = (line: string): void => log.add(line);
      const logger = { debug: note, info: note, warn: note, error: note };
      const source = withVoicemailSpool(pbx, { spool, clock, logger });
      onTestFinished(() => source.stop());
      source.start((fact) => {
        facts.add(fact);
        if (fact.kind === 'voicemail.listed') listed.add(fact);
      });
      return source;
    },
    async look() {
      await clock.armed(15_000);
      clock.advance(15_000);
      await clock.armed(15_000);
    },
    async next(mailbox = '1002@default') {
      const fact = await listed.first((one) => one.mailbox === mailbox && listed.all.indexOf(one) >= seen);
      seen = listed.all.indexOf(fact) + 1;
      return fact.messages?.map(({ id, folder }) => `${folder} ${id?.slice(-2)}`);
    },
  };
}

/** Moves a message with its audio, as a program beside Asterisk does. */
function move(spool: string, from: string, to: string): void {
  mkdirSync(dirname(join(spool, to)), { recursive: true });
  for (const ending of ['wav', 'txt'])
    renameSync(join(spool, `${from}.${ending}`), join(spool, `${to}.${ending}`));
}

describe('a voicemail spool', () => {
  it.each(['22', '16'])('of Asterisk %s tells at the start what lies in each mailbox', async (version) => {
    const { start, listed, spool } = rig(version);
    start();
    const { mailbox, messages, found } = await listed.first(() => true);
    expect([mailbox, found]).toEqual(['1002@default', true]);
    expect(messages?.map(({ folder, status }) => [folder, status])).toEqual([
      ['INBOX', 'new'],
      ['INBOX', 'new'],
      ['Old', 'old'],
      ['Work', 'filed'],
    ]);
    expect(messages?.[0]).toMatchObject({
      id: expect.stringMatching(/^\d{10}-[0-9a-f]{8}$/),
      callerNumber: expect.stringMatching(/^100[13]$/),
      callerName: expect.stringMatching(/^(Alice Adams|Carol Clark)$/),
      duration: expect.any(Number),
      receivedAt: expect.any(Number),
      file: join(spool, 'default/1002/INBOX/msg0000.wav'),
    });
  });

  it('notices what another program moves and deletes, by the watchers of the kernel', async () => {
    const { start, spool, clock, next } = rig();
    start();
    const before = await next();
    await clock.armed(15_000);
    move(spool, 'default/1002/INBOX/msg0000', 'default/1002/Old/msg0001');
    await clock.armed(200);
    clock.advance(200);
    expect(before).toHaveLength(4);
    expect(await next()).toEqual([
      before?.[1],
      before?.[2],
      before?.[0]?.replace('INBOX', 'Old'),
      before?.[3],
    ]);
  });

  it('notices by looking what no watcher told: a mailbox that was made since held nothing before', async () => {
    const { start, spool, look, next, listed } = rig();
    start();
    await next();
    await look();
    mkdirSync(join(spool, 'sales/500/INBOX'), { recursive: true });
    for (const ending of ['txt', 'wav']) {
      cpSync(
        join(spool, `default/1002/INBOX/msg0000.${ending}`),
        join(spool, `sales/500/INBOX/msg0000.${ending}`),
      );
    }
    await look();
    expect(await next('500@sales')).toEqual([]);
    expect(await next('500@sales')).toHaveLength(1);
    expect(listed.all.filter(({ mailbox }) => mailbox === '500@sales').map(({ found }) => found)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('lists a mailbox at once when its PBX tells other counts', async () => {
    const { start, tell, facts, next, clock } = rig();
    start();
    await next();
    const counted = {
      kind: 'voicemail.counted',
      mailbox: '1002@default',
      oldCount: 1,
      channel: undefined,
    } as const;
    tell({ ...counted, at: clock.now(), newCount: 3 });
    tell({ ...counted, at: clock.now(), newCount: 2 });
    expect(facts.all.at(-1)).toMatchObject({ newCount: 2, listingFollows: true });
    expect(await next()).toHaveLength(4);
  });

  it('waits while Asterisk holds a lock, and while a text is being written', async () => {
    const { start, spool, clock, next } = rig();
    const inbox = join(spool, 'default/1002/INBOX');
    writeFileSync(join(inbox, '.lock'), '');
    start();
    await clock.armed(10);
    writeFileSync(join(inbox, 'msg0002.txt'), '[message]\ncallerid=1003\n');
    rmSync(join(inbox, '.lock'));
    clock.advance(10);
    await clock.armed(10);
    writeFileSync(join(inbox, 'msg0002.txt'), '[message]\ncallerid=1003\nduration=3\n');
    clock.advance(10);
    expect(await next()).toHaveLength(5);
  });

  it('takes a text that nobody ends for a message', async () => {
    const { start, spool, next } = rig();
    const text = join(spool, 'default/1002/INBOX/msg0002.txt');
    writeFileSync(text, '');
    utimesSync(text, 1_700_000_000, 1_700_000_000);
    start();
    expect(await next()).toContain('INBOX undefined');
  });

  it('that vanishes tells of no deleted messages, one line in the log, and is read again when it is back', async () => {
    const { start, spool, look, next, log, listed } = rig();
    start();
    await next();
    renameSync(spool, `${spool}-gone`);
    onTestFinished(() => rmSync(`${spool}-gone`, { recursive: true, force: true }));
    await look();
    await look();
    expect(log.all).toEqual([expect.stringMatching(/main: the voicemail spool .* can't be read \(ENOENT/)]);
    expect(listed.all.filter(({ messages }) => messages?.length === 0)).toEqual([]);
    renameSync(`${spool}-gone`, spool);
    await look();
    expect(log.all.slice(1)).toEqual([expect.stringMatching(/is read again/)]);
  });

  it('names a mailbox that can’t be read once, and tells of the others', async () => {
    const { start, spool, look, listed, log } = rig();
    mkdirSync(join(spool, 'default/1003'));
    symlinkSync('INBOX', join(spool, 'default/1003/INBOX'));
    start();
    expect(await listed.first(({ mailbox }) => mailbox === '1003@default')).toHaveProperty(
      'messages',
      undefined,
    );
    expect((await listed.first(({ mailbox }) => mailbox === '1002@default')).messages).toHaveLength(4);
    await look();
    expect(log.all).toEqual([expect.stringMatching(/the mailbox in .*default\/1003 can't be read \(ELOOP/)]);
  });

  it('is left alone once it is stopped', async () => {
    const { start, clock, next, look } = rig();
    const source = start();
    await next();
    await look();
    await source.stop();
    expect(clock.waiting).toBe(0);
  });
});
