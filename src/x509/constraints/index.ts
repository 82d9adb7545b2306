export { checkIssuable } from './check-issuable.ts';
export { collectConstrainedNames, type NamedSubject } from './constrained-names.ts';
export { isNameAllowed } from './match-names.ts';
