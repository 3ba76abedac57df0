import type { AmiConfig } from '../../../config/config.ts';
import type { AmiFailure } from '../../../source/ami/connection.ts';
import { type Conf, settingOf } from '../asterisk-conf.ts';
import { examineCertificate } from '../certificate.ts';
import { type Finding, failed, warning } from '../finding.ts';
import { type Answer, excerptOf, knock, protocolBegunBy, protocolOf, shownPlace } from '../knock.ts';
import { whyNotListening, whyRefused } from './manager-conf.ts';

export interface NoLogin {
  readonly source: AmiConfig;
  readonly failure: AmiFailure;
  readonly timeoutMs: number;
  /** manager.conf, where the PBX is this machine and it can be read. */
  readonly conf: Conf | undefined;
  /** manager.conf, where the PBX is this machine and it can't be read. */
  readonly unread: string | undefined;
  /** Address of the PBX; on this machine also the one that it sees us come from. */
  readonly address: string;
  /** Whether the running service is connected to this PBX. */
  readonly isSeen: boolean;
}

/** Why there is no login, as closely as it can be told from here: what answers is looked at once more by itself. */
export async function explainNoLogin(no: NoLogin): Promise<readonly Finding[]> {
  if (no.failure.code === 'login_refused') return [explainRefusal(no)];
  if (/shutting down/.test(no.failure.message)) {
    return [
      failed(
        'pbx_shutting_down',
        no.failure.message,
        "start it again, or asterisk -rx 'core abort shutdown'",
      ),
    ];
  }
  return explainAnswer(no, await knock(no.source, no.timeoutMs));
}

function explainRefusal({ source, failure, conf, unread, address, isSeen }: NoLogin): Finding {
  const { username, secret } = source;
  if (/already in use/i.test(failure.message)) {
    const saw = `someone is logged in as "${username}", and Asterisk lets an account in once (allowmultiplelogin = no)`;
    const fix = 'give the plugin an account of its own; doctor can look further while the plugin is stopped';
    return isSeen
      ? warning('login_in_use', `${saw}: the running service`, fix)
      : failed('login_in_use', saw, fix);
  }
  const why = conf && whyRefused(conf, { username, secret, from: address });
  if (why !== undefined) return why;
  if (conf !== undefined) {
    const acl = settingOf(conf.get(username), 'acl') ?? settingOf(conf.get('general'), 'acl');
    const gate = acl === undefined ? '' : `see that [${acl}] of acl.conf lets ${address} in; `;
    return failed(
      'login_refused',
      `Asterisk refuses the login of "${username}", though manager.conf would allow it`,
      `${gate}load the file: asterisk -rx 'manager reload'; Asterisk's log says why it refuses`,
    );
  }
  const whoCan =
    unread === undefined ? '' : `. As a user who may read ${unread}, such as root, doctor tells which it is`;
  return failed(
    'login_refused',
    `Asterisk refuses the login of "${username}" and does not say why`,
    `in its manager.conf see that there is a section [${username}], that its secret is the one here, and that its permit ` +
      "names this machine's address; its log (messages, security) says which it was" +
      whoCan,
  );
}

async function explainAnswer(no: NoLogin, answer: Answer): Promise<readonly Finding[]> {
  const { source, timeoutMs, conf } = no;
  const place = shownPlace(source);
  switch (answer.kind) {
    case 'unresolved':
      return [
        failed(
          'host_unknown',
          `no address is known for ${source.host}`,
          'see sources.ami.host, DNS and /etc/hosts',
        ),
      ];
    case 'refused': {
      const why = conf && whyNotListening(conf, source);
      return [
        failed(
          'port_closed',
          `nobody listens at ${place}${why === undefined ? '' : `: ${why}`}`,
          "see that Asterisk runs, and enabled, port and bindaddr (with TLS tlsenable and tlsbindaddr) in [general] of manager.conf (asterisk -rx 'manager show settings')",
        ),
      ];
    }
    case 'unreachable':
      return [
        failed(
          'host_unreachable',
          `${place} can't be reached: ${answer.reason}`,
          'see the network between here and the PBX',
        ),
      ];
    case 'timeout':
      return [
        failed(
          'host_unreachable',
          `${place} does not answer within ${timeoutMs / 1000} s`,
          'see that the PBX is up, and that no firewall drops the packets',
        ),
      ];
    case 'closed':
      return [
        failed(
          'connection_cut',
          `${place} takes the connection and ends it at once`,
          'see acl and authlimit in [general] of manager.conf, and a firewall or fail2ban before it',
        ),
      ];
    case 'silent':
      return explainSilence(no);
    case 'spoke':
      return [explainGreeting(no, answer.text)];
    default:
      return answer satisfies never;
  }
}

async function explainSilence({ source, timeoutMs }: NoLogin): Promise<readonly Finding[]> {
  const { host, port, tls } = source;
  const place = shownPlace(source);
  const protocol = await protocolOf(source, timeoutMs);
  if (protocol === 'TLS') {
    if (tls === false) {
      return [
        failed(
          'tls_expected',
          `${place} speaks TLS, and tls is off`,
          'set tls: true, or tls: { ca: … } for a certificate of your own',
        ),
      ];
    }
    const material = tls === true ? undefined : tls;
    return examineCertificate({ host, port, name: host, tls: material, whose: 'PBX' }, timeoutMs);
  }
  if (protocol !== undefined) return [otherProtocol(place, protocol)];
  return [
    failed(
      'port_silent',
      `${place} takes the connection and says nothing`,
      'see that this is the port of manager.conf (5038), not that of SIP (5060) or of another service',
    ),
  ];
}

function explainGreeting({ source, failure }: NoLogin, text: string): Finding {
  const place = shownPlace(source);
  const protocol = protocolBegunBy(text);
  if (protocol !== 'an Asterisk manager interface') {
    return otherProtocol(place, protocol ?? `something else (${excerptOf(text)})`);
  }
  if (source.tls !== false) {
    return failed(
      'tls_not_spoken',
      `${place} is Asterisk’s manager interface without TLS`,
      'use the port of tlsbindaddr in manager.conf (docs/asterisk.md, section 4), or tls: false',
    );
  }
  return failed(
    'pbx_not_answering',
    `${place} greets, and does not answer the login: ${failure.message}`,
    'see how busy the PBX is, and its log',
  );
}

function otherProtocol(place: string, protocol: string): Finding {
  return failed(
    'wrong_protocol',
    `${place} is no Asterisk manager interface: it speaks ${protocol}`,
    'set port to that of manager.conf, 5038 unless it says otherwise',
  );
}
