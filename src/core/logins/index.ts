export { LoginIssuer, loginPolicies, mountLimits, type ProvenLogin } from './login-issuer.ts';
export {
  defaultTokenParameters,
  readTokenParameters,
  showTokenParameters,
  type TokenParameters,
  tokenParameterFields,
} from './token-parameters.ts';
