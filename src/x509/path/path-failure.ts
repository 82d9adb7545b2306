/** Why a chain is refused: for the log, not for the caller, who is told one thing for all of them. */
export type PathFailure =
  | 'malformed'
  | 'too_many_certificates'
  | 'no_path'
  | 'not_yet_valid'
  | 'expired'
  | 'bad_signature'
  | 'weak_key'
  | 'not_a_ca'
  | 'path_too_long'
  | 'purpose'
  | 'key_usage'
  | 'name_constraints'
  | 'unknown_critical_extension'
  | 'explicit_policy_required'
  | 'revoked'
  | 'revocation_unknown'
  | 'search_limit';
