import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { TlsMaterial } from '../../util/tls-files.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

export interface TlsPlace {
  /** Where to connect: an address, or a name. */
  readonly host: string;
  readonly port: number;
  /** What the certificate must be for, unless `tls` names another. */
  readonly name: string;
  readonly tls: TlsMaterial | undefined;
  /** Whose certificate it is, for the sentences. */
  readonly whose: 'receiver' | 'PBX';
}

/** Days before its end from which on a certificate is worth a word. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
/** Milliseconds in which a server that wants our certificate says so, once the handshake seems done (RFC 8446, 4.4.2.4). */
const ALERT_MS = 300;

/** Makes a TLS connection, sends nothing, and says all that is wrong with the certificate. Never rejects. */
export async function examineCertificate(place: TlsPlace, timeoutMs: number): Promise<readonly Finding[]> {
  const shaken = await shakeHands(place, timeoutMs);
  if (shaken instanceof Error) return [explainHandshake(place, shaken)];
  const { findings, alert } = shaken;
  return alert === undefined ? findings : [...findings.filter(isProblem), explainHandshake(place, alert)];
}

function isProblem({ verdict }: Finding): boolean {
  return verdict !== 'ok';
}

interface Handshake {
  readonly findings: readonly Finding[];
  /** What the server said against our certificate. */
  readonly alert: Error | undefined;
}

function shakeHands(place: TlsPlace, timeoutMs: number): Promise<Handshake | Error> {
  const { host, port, name, tls } = place;
  const { ca, cert, key, serverName = name } = tls ?? {};
  return new Promise((resolve) => {
    const servername = isIP(serverName) === 0 ? { servername: serverName } : {};
    const socket = connect({ host, port, ca, cert, key, ...servername, rejectUnauthorized: false });
    let findings: readonly Finding[] | undefined;
    const settle = (outcome: Handshake | Error): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    let timer = setTimeout(() => settle(new Error(`no handshake within ${timeoutMs / 1000} s`)), timeoutMs);
    socket.on('error', (error) => settle(findings === undefined ? error : { findings, alert: error }));
    socket.on('close', () =>
      settle(
        findings === undefined ? new Error('the connection was closed') : { findings, alert: undefined },
      ),
    );
    socket.on('secureConnect', () => {
      const looked = certificateFindings(place, socket);
      findings = looked;
      clearTimeout(timer);
      timer = setTimeout(() => settle({ findings: looked, alert: undefined }), ALERT_MS);
    });
  });
}

const ISSUER_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** Node tells of one thing at a time; looked at here one by one, so that one visit mends most. */
function certificateFindings(place: TlsPlace, socket: TLSSocket): readonly Finding[] {
  const { whose } = place;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    return [failed('tls_failed', `the ${whose} showed no certificate`, `give the ${whose} a certificate`)];
  }
  const found = [
    ...validity(place, certificate),
    ...identity(place, certificate),
    ...issuer(place, certificate, socket),
  ];
  if (!socket.authorized && found.every(({ verdict }) => verdict !== 'failed')) {
    const saw = `the ${whose}’s certificate is refused: ${codeOf(socket.authorizationError)}`;
    found.push(failed('tls_failed', saw, `renew it at the ${whose}`));
  }
  if (found.length > 0) return found;
  const until = dayOf(certificate.validTo);
  return [ok('certificate', `${socket.getProtocol()}; the ${whose}’s certificate holds until ${until}`)];
}

function validity({ whose }: TlsPlace, { validFrom, validTo }: X509Certificate): Finding[] {
  const now = Date.now();
  const until = Date.parse(validTo);
  if (until < now) {
    const saw = `the ${whose}’s certificate expired on ${dayOf(validTo)}`;
    return [failed('certificate_expired', saw, `renew it at the ${whose}, and load it there`)];
  }
  if (Date.parse(validFrom) > now) {
    const saw = `the ${whose}’s certificate is valid from ${dayOf(validFrom)} only`;
    const clock = `this machine’s clock is right (it says ${new Date(now).toISOString()})`;
    return [failed('certificate_not_yet_valid', saw, `see whether ${clock}; if so, renew the certificate`)];
  }
  if (until > now + SOON_DAYS * DAY_MS) return [];
  const saw = `the ${whose}’s certificate expires on ${dayOf(validTo)}`;
  return [warning('certificate_expires', saw, 'renew it before')];
}

function identity({ name, tls, whose }: TlsPlace, certificate: X509Certificate): Finding[] {
  const wanted = tls?.serverName ?? name;
  if (checkServerIdentity(wanted, certificate.toLegacyObject()) === undefined) return [];
  const names = (certificate.subjectAltName ?? certificate.subject).replaceAll('\n', ', ');
  return [
    failed(
      'certificate_name',
      `the ${whose}’s certificate is not for ${wanted}, but for ${names}`,
      'use a name that it is for, get one that has this name, or set tls.server_name to a name that it is for',
    ),
  ];
}

function issuer({ whose }: TlsPlace, certificate: X509Certificate, socket: TLSSocket): Finding[] {
  const code = codeOf(socket.authorizationError);
  if (!ISSUER_CODES.has(code)) return [];
  const by = certificate.issuer.replaceAll('\n', ', ');
  const what =
    code === 'DEPTH_ZERO_SELF_SIGNED_CERT' ? 'is self-signed' : `was issued by ${by}, which is not trusted`;
  const chain =
    whose === 'receiver'
      ? '; if it comes from a public authority, the receiver must send its intermediate certificates along'
      : '';
  return [
    failed(
      'certificate_issuer',
      `the ${whose}’s certificate ${what}`,
      `give the file of its issuer (or of itself) as tls.ca of the ${whose === 'receiver' ? 'subscription' : 'source'}${chain}`,
    ),
  ];
}

/** Node gives an error, in spite of its types a code where there is one. */
function codeOf(authorizationError: unknown): string {
  if (authorizationError instanceof Error) {
    return 'code' in authorizationError ? String(authorizationError.code) : authorizationError.message;
  }
  return String(authorizationError ?? '');
}

function explainHandshake({ host, port, tls, whose }: TlsPlace, error: Error): Finding {
  const code = 'code' in error ? String(error.code) : '';
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return failed(
      'tls_not_spoken',
      `what listens on port ${port} of ${host} speaks no TLS`,
      whose === 'receiver'
        ? 'write http:// where that is meant, or the port at which it serves https'
        : 'use the port of tlsbindaddr in manager.conf, or tls: false',
    );
  }
  if (
    /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|CERTIFICATE_UNKNOWN)/.test(
      code,
    )
  ) {
    const hasOwn = tls?.cert !== undefined;
    return failed(
      'certificate_own_refused',
      hasOwn
        ? `the ${whose} refuses our certificate (${error.message.trim()})`
        : `the ${whose} wants a certificate of ours (mutual TLS), and there is none`,
      hasOwn
        ? 'have it issued by an authority that the other side trusts: tls.cert and tls.key'
        : 'set tls.cert and tls.key to a certificate that the other side trusts',
    );
  }
  return failed(
    'tls_failed',
    `no TLS connection: ${error.message.trim()}`,
    `see whether the ${whose} serves TLS 1.2 or 1.3 at this port`,
  );
}

function dayOf(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}
