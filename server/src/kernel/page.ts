import { Problem } from './problem.ts';

/**
 * Page tokens are opaque to clients and hold no secret: base64url of a JSON array whose first item names
 * the kind of page. What a token says is checked again like any other input.
 */
const TOKEN_LENGTH_MAX = 512;

/** @param kind names the listing, so that one listing's token is refused by another. */
export function encodePage(kind: string, values: (string | number)[]): string {
  return Buffer.from(JSON.stringify([kind, ...values])).toString('base64url');
}

/** The values of a token made by `encodePage` for the same kind. Throws `invalid-request` for any other text. */
export function decodePage(kind: string, token: string, parameter: string): (string | number)[] {
  if (token.length <= TOKEN_LENGTH_MAX) {
    try {
      const values: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
      if (Array.isArray(values) && values[0] === kind) {
        const rest = values.slice(1);
        if (rest.every((value) => typeof value === 'string' || Number.isSafeInteger(value))) return rest;
      }
    } catch {
      // Not JSON: refused below like every other foreign token.
    }
  }
  throw new Problem('invalid-request', {
    errors: [
      {
        parameters: { [parameter]: [token.slice(0, 64)] },
        message: `Invalid '${parameter}':'${token.slice(0, 64)}'. Use the token from the page before, with the same parameters.`,
      },
    ],
  });
}
