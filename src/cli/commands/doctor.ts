import { Command, InvalidArgumentError, Option } from 'commander';
import { diagnose } from '../doctor/diagnose.ts';
import { counts, textReport } from '../doctor/report.ts';
import { EXIT } from '../exit.ts';

interface DoctorFlags {
  readonly config: string;
  readonly json?: true;
  readonly sendTest?: true;
  readonly timeout: number;
  readonly watch: number;
  readonly managerConf: string;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('find what is wrong with a set-up, and how to mend it; changes nothing')
    .option('-c, --config <file>', 'configuration file', 'config.yml')
    .option('--send-test', 'send a signed sample to each receiver; without it none gets anything')
    .addOption(
      new Option('--watch <seconds>', 'look at the events of each PBX for so long: make a call meanwhile')
        .argParser(secondsOf)
        .default(0, 'as long as needed'),
    )
    .addOption(new Option('--timeout <seconds>', 'for each step of a check').argParser(secondsOf).default(5))
    .option(
      '--manager-conf <file>',
      'to say why Asterisk refuses a login; read where it is on this machine',
      '/etc/asterisk/manager.conf',
    )
    .option('--json', 'print { ok, counts, sections } as JSON')
    .addHelpText('after', '\nExample:\n  pbx-webhooks doctor --config /etc/pbx-webhooks/config.yml')
    .action(doctor);
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const { config, sendTest = false, timeout, watch, managerConf, json } = flags;
  if (watch > 0) console.error(`Looking at the events of each PBX for ${watch} s: make a call now.`);
  const sections = await diagnose({
    config,
    sendTest,
    managerConf,
    timeoutMs: timeout * 1000,
    watchMs: watch * 1000,
  });
  const count = counts(sections);
  const isOk = count.failed === 0;
  console.log(
    json ? JSON.stringify({ ok: isOk, counts: count, sections }, undefined, 2) : textReport(sections),
  );
  if (!isOk) process.exitCode = EXIT.failed;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError('It has to be a number of seconds, at most 3600.');
}
