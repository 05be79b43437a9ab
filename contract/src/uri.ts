/** Addresses on record. */

/** A record is no place for a password, whatever a policy says of texts: an address without who logs in to it, and how. */
export const withoutUser = (uri: string): string => uri.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1');
