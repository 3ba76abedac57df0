import type { SipConfig } from '../../config/config.ts';
import { openConnection } from '../../source/sip/connection.ts';
import { systemClock } from '../../util/clock.ts';
import { isLoopback } from '../../util/loopback.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { excerptOf, knock, protocolBegunBy, protocolOf, shownPlace } from './knock.ts';

/** Logs in to a drachtio-server once, as the service does, and asks for nothing. Never rejects. */
export async function examineSip(source: SipConfig, timeoutMs: number): Promise<readonly Finding[]> {
  const place = shownPlace(source);
  const connection = openConnection({ ...source, clock: systemClock });
  const late = setTimeout(() => connection.close(), timeoutMs);
  const session = await connection.ready;
  clearTimeout(late);
  connection.close();
  const failure = await connection.lost;
  if (session !== undefined)
    return [ok('login', `logged in to drachtio-server at ${place}`), ...unencrypted(source)];
  if (failure?.code === 'refused') {
    return [
      failed(
        'login_wrong_secret',
        `drachtio-server at ${place} refuses the secret`,
        'make sources.sip.secret the same as that of <admin> in drachtio.conf.xml',
      ),
    ];
  }
  return [await explainNoLogin(source, timeoutMs)];
}

async function explainNoLogin(source: SipConfig, timeoutMs: number): Promise<Finding> {
  const place = shownPlace(source);
  const answer = await knock(source, timeoutMs);
  switch (answer.kind) {
    case 'unresolved':
      return failed(
        'host_unknown',
        `no address is known for ${source.host}`,
        'see sources.sip.host, DNS and /etc/hosts',
      );
    case 'refused':
      return failed(
        'port_closed',
        `nobody listens at ${place}`,
        'see that drachtio-server runs, and <admin port="9022"> in drachtio.conf.xml',
      );
    case 'unreachable':
      return failed(
        'host_unreachable',
        `${place} can’t be reached: ${answer.reason}`,
        'see the network in between',
      );
    case 'timeout':
      return failed(
        'host_unreachable',
        `${place} does not answer within ${timeoutMs / 1000} s`,
        'see that its machine is up, and that no firewall drops the packets',
      );
    case 'closed':
      return otherProtocol(place, 'something that ends the connection at once');
    case 'spoke':
      return otherProtocol(
        place,
        protocolBegunBy(answer.text) ?? `something else (${excerptOf(answer.text)})`,
      );
    case 'silent': {
      const protocol = await protocolOf(source, timeoutMs);
      if (protocol !== undefined && protocol !== 'drachtio') return otherProtocol(place, protocol);
      return failed(
        'pbx_not_answering',
        `${place} takes the connection and does not answer the login`,
        'see that this is the port of <admin> in drachtio.conf.xml (9022), and the log of drachtio-server',
      );
    }
    default:
      return answer satisfies never;
  }
}

function otherProtocol(place: string, protocol: string): Finding {
  return failed(
    'wrong_protocol',
    `${place} is no drachtio-server: it speaks ${protocol}`,
    'set port to that of <admin> in drachtio.conf.xml, 9022 unless it says otherwise',
  );
}

function unencrypted({ host, port }: SipConfig): Finding[] {
  if (isLoopback(host)) return [];
  const saw = `the secret and all calls go in clear to ${shownPlace({ host, port })}`;
  return [
    warning(
      'tls_missing',
      saw,
      'run the service on the machine of drachtio-server, or have a VPN in between',
    ),
  ];
}
