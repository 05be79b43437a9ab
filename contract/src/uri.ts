/** Addresses on record. */

/**
 * A record is no place for a password, whatever a policy says of texts: an address without who logs in to it, and how. A password that is
 * written as it should not be may hold what ends a host; then what begins like a port is one.
 */
export const withoutUser = (uri: string): string =>
  uri.replace(/^([a-z][a-z\d+.-]*:\/\/)(?:[^/?#]*@|[^/?#:@]*:(?!\d{1,5}[/?#])\S*@)/i, '$1');
