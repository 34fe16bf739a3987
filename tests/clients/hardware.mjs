// What a hardware wallet signs together with a transaction: the hash of the metadata by which it shows it (RFC 78).

/** What the hash says of the network, besides the metadata. */
export const NETWORK = { decimals: 12, tokenSymbol: 'CLO' };

/** The same bytes with one bit changed. */
export function spoil(bytes) {
    const spoiled = Uint8Array.from(bytes);
    spoiled[spoiled.length - 1] ^= 1;
    return spoiled;
}
