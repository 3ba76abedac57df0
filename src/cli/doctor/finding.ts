/** What the doctor can find, by what it looked at. Codes never change; docs/cli.md lists them. */
export type FindingCode =
  // Configuration and machine
  | 'config'
  | 'config_invalid'
  | 'nothing_to_start'
  | 'nothing_watched'
  | 'nothing_sent'
  | 'node'
  | 'data_folder'
  | 'data_folder_unwritable'
  | 'disk_space'
  | 'disk_space_low'
  | 'database'
  | 'database_in_use'
  | 'database_unusable'
  | 'voicemail_spool'
  | 'voicemail_spool_unreadable'
  // Service and its API
  | 'service'
  | 'service_not_running'
  | 'service_unreachable'
  | 'service_not_ready'
  | 'api_disabled'
  | 'api_port'
  | 'api_port_taken'
  | 'api_port_unusable'
  | 'api_token'
  | 'api_token_weak'
  | 'api_token_refused'
  // A PBX or drachtio-server
  | 'host_unknown'
  | 'host_unreachable'
  | 'port_closed'
  | 'port_silent'
  | 'wrong_protocol'
  | 'tls_expected'
  | 'tls_not_spoken'
  | 'tls_missing'
  | 'connection_cut'
  | 'login'
  | 'login_refused'
  | 'login_wrong_secret'
  | 'login_unknown_account'
  | 'login_address_refused'
  | 'login_in_use'
  | 'pbx_shutting_down'
  | 'pbx_not_answering'
  | 'pbx_version'
  | 'pbx_version_old'
  | 'pbx_not_booted'
  | 'read_classes'
  | 'read_class_missing'
  | 'read_classes_unknown'
  | 'write_classes'
  | 'write_class_missing'
  | 'write_class_excess'
  | 'event_filter'
  | 'event_filter_hides'
  | 'event_filter_unclear'
  | 'events_hidden'
  | 'calls_seen'
  | 'no_call_seen'
  | 'modules'
  | 'module_missing'
  | 'write_timeout'
  | 'write_timeout_short'
  | 'timestamps'
  | 'timestamps_off'
  | 'clock'
  | 'clock_off'
  // A subscription and its receiver
  | 'address_refused'
  | 'connection'
  | 'certificate'
  | 'certificate_expires'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'certificate_name'
  | 'certificate_issuer'
  | 'certificate_own_refused'
  | 'tls_failed'
  | 'tls_files_unusable'
  | 'unencrypted'
  | 'secret'
  | 'secret_missing'
  | 'secret_weak'
  | 'state'
  | 'disabled'
  | 'disabled_gone'
  | 'disabled_failing'
  | 'breaker_open'
  | 'dead_letters'
  | 'test'
  | 'test_refused_signature'
  | 'test_not_found'
  | 'test_redirected'
  | 'test_failed'
  // Whatever was looked at
  | 'took_too_long';

/** What came of one check; each in a sentence. `fix` says what to do. */
export type Finding =
  | { readonly verdict: 'ok'; readonly code: FindingCode; readonly saw: string }
  | {
      readonly verdict: 'warning' | 'failed';
      readonly code: FindingCode;
      readonly saw: string;
      readonly fix: string;
    }
  /** It could not be looked at, or there was nothing to look at; `saw` says why. */
  | {
      readonly verdict: 'skipped';
      readonly code: FindingCode;
      readonly saw: string;
      readonly fix?: string | undefined;
    };

export type Verdict = Finding['verdict'];

/** What belongs together, such as all of one PBX. */
export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export function ok(code: FindingCode, saw: string): Finding {
  return { verdict: 'ok', code, saw };
}

export function warning(code: FindingCode, saw: string, fix: string): Finding {
  return { verdict: 'warning', code, saw, fix };
}

export function failed(code: FindingCode, saw: string, fix: string): Finding {
  return { verdict: 'failed', code, saw, fix };
}

export function skipped(code: FindingCode, saw: string, fix?: string): Finding {
  return { verdict: 'skipped', code, saw, fix };
}
