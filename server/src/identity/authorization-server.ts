import { SCOPES } from './person-port.ts';

/** How clients prove themselves at the token and revocation endpoints; `none` is a public client. */
const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post', 'none'];

/**
 * The metadata of RFC 8414, at `/.well-known/oauth-authorization-server`: what is offered and where, so that clients
 * configure themselves, and the issuer that `iss` of an authorization answer has to equal (RFC 9207).
 * @param issuer scheme and host under which the server was reached.
 */
export function authorizationServerMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/i/oauth2/authorize`,
    token_endpoint: `${issuer}/2/oauth2/token`,
    revocation_endpoint: `${issuer}/2/oauth2/revoke`,
    service_documentation: `${issuer}/docs`,
    scopes_supported: SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256', 'plain'],
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    authorization_response_iss_parameter_supported: true,
  };
}
