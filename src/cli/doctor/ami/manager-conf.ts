import ipaddr from 'ipaddr.js';
import type { AmiConfig } from '../../../config/config.ts';
import { nearNames } from '../../../util/near.ts';
import { type Conf, type ConfSection, isTrue, settingOf } from '../asterisk-conf.ts';
import { type Finding, failed } from '../finding.ts';

/** Who was refused, and from which address Asterisk saw it. */
export interface RefusedLogin {
  readonly username: string;
  readonly secret: string;
  readonly from: string;
}

/**
 * Asterisk answers a wrong secret, an unknown name and a forbidden address with the same words; its manager.conf tells
 * them apart, where it can be read. Undefined: the file shows no reason.
 */
export function whyRefused(conf: Conf, { username, secret, from }: RefusedLogin): Finding | undefined {
  const account = conf.get(username);
  if (account === undefined || username === 'general') {
    const names = [...conf.keys()].filter((name) => name !== 'general');
    const near = nearNames(username, names, 1);
    const hint = near.length > 0 ? ` Is [${near[0]}] meant?` : '';
    return failed(
      'login_unknown_account',
      `manager.conf has no section [${username}]`,
      `add it as docs/asterisk.md shows, then asterisk -rx 'manager reload'.${hint}`,
    );
  }
  if ((settingOf(account, 'secret') ?? '') !== secret) {
    return failed(
      'login_wrong_secret',
      `the secret is not the one that stands in [${username}] of manager.conf`,
      'make both the same; where the configuration takes it from the environment, see what that holds',
    );
  }
  if (!permits(account, from)) {
    return failed(
      'login_address_refused',
      `deny and permit of [${username}] in manager.conf do not let ${from} in`,
      `add permit = ${from}/255.255.255.255 after the deny, then asterisk -rx 'manager reload'`,
    );
  }
  return undefined;
}

type Listening = Pick<AmiConfig, 'port' | 'tls'>;

/** Why nobody listens where the manager interface should, as far as the file shows it. */
export function whyNotListening(conf: Conf, { port, tls }: Listening): string | undefined {
  const general = conf.get('general');
  if (!isTrue(settingOf(general, 'enabled'))) return 'manager.conf says enabled = no';
  if (tls !== false) return whyNoTls(general, port);
  const configured = Number(settingOf(general, 'port') ?? 5038);
  if (configured !== port) return `manager.conf says port = ${configured}`;
  const address = settingOf(general, 'bindaddr') ?? '0.0.0.0';
  return /^(?:0\.0\.0\.0|::|127\.0\.0\.1)$/.test(address)
    ? undefined
    : `manager.conf says bindaddr = ${address}`;
}

function whyNoTls(general: ConfSection | undefined, port: number): string | undefined {
  if (!isTrue(settingOf(general, 'tlsenable'))) return 'manager.conf says tlsenable = no';
  const address = settingOf(general, 'tlsbindaddr') ?? '';
  const configured = Number(/^[^:]*:(\d+)$|\]:(\d+)$/.exec(address)?.slice(1).find(Boolean) ?? 5039);
  return configured === port ? undefined : `manager.conf has TLS at port ${configured} (tlsbindaddr)`;
}

/** As Asterisk applies them (acl.c): in the file's order, and the last one that matches counts. */
export function permits(account: ConfSection, from: string): boolean {
  let isPermitted = true;
  for (const [key, value] of account) {
    const sense = key.toLowerCase();
    if (sense !== 'permit' && sense !== 'deny') continue;
    for (const rule of value.split(',')) {
      const [, negation = '', network = ''] = /^\s*(!?)(.*?)\s*$/.exec(rule) ?? [];
      if (contains(network, from)) isPermitted = (sense === 'permit') === (negation === '');
    }
  }
  return isPermitted;
}

function contains(network: string, from: string): boolean {
  const [base = '', mask] = network.split('/');
  if (!ipaddr.isValid(base) || !ipaddr.isValid(from)) return false;
  const [address, own] = [ipaddr.process(from), ipaddr.process(base)];
  const whole = own.kind() === 'ipv4' ? 32 : 128;
  const prefix = mask === undefined ? whole : prefixOf(mask);
  return prefix !== undefined && address.kind() === own.kind() && address.match(own, prefix);
}

function prefixOf(mask: string): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask);
  return ipaddr.IPv4.isValid(mask)
    ? (ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined)
    : undefined;
}
