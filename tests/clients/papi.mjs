// `polkadot-api` (PAPI) as a client of the chain, without descriptors that were generated before.

import { getDynamicBuilder, getLookupFn } from '@polkadot-api/metadata-builders';
import { decAnyMetadata, unifyMetadata } from '@polkadot-api/substrate-bindings';
import { merkleizeMetadata } from '@polkadot-api/merkleize-metadata';
import { Keyring } from '@polkadot/keyring';
import { u8aToHex as hex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { createClient } from 'polkadot-api';
import { getPolkadotSigner, withMetadataHash } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { filter, firstValueFrom } from 'rxjs';
import WebSocket from 'ws';
import { NETWORK, spoil } from './hardware.mjs';

/** Transactions that are sent at once: a node broadcasts no more than 16 of a connection, and ignores others. */
const AT_ONCE = 12;

/** A decoded value as plain JSON. */
function plain(value) {
    if (value === undefined) {
        return null;
    }
    if (typeof value === 'bigint') {
        return value.toString();
    }
    if (value instanceof Uint8Array) {
        return hex(value);
    }
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (value !== null && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
    }
    return value;
}

/** Errors with their documentation, out of metadata of any version. */
function readMetadata(bytes) {
    const decoded = decAnyMetadata(bytes);
    const metadata = unifyMetadata(decoded);
    const documentation = new Map();
    for (const { name, errors } of metadata.pallets) {
        const type = errors === undefined ? undefined : metadata.lookup[errors.type ?? errors];
        for (const { name: error, docs } of type?.def.value ?? []) {
            documentation.set(`${name}.${error}`, docs.join(' ').trim());
        }
    }
    const docs = (pallet, error) => documentation.get(`${pallet}.${error}`);
    return { metadata, version: decoded.metadata.tag, docs };
}

/** Pallet, name and documentation of a dispatch error. */
function refusal({ type, value }, docs) {
    if (type === 'Module') {
        const [pallet, name] = [value.type, value.value.type];
        return { pallet, name, docs: docs(pallet, name) };
    }
    return { pallet: null, name: value?.type ? `${type}.${value.type}` : type, docs: '' };
}

export async function connect(url, suri) {
    await cryptoWaitReady();
    const client = createClient(getWsProvider(url, { websocketClass: WebSocket }));
    const api = client.getUnsafeApi();
    const keyring = new Keyring({ type: 'sr25519' });
    const signerOf = (suri) => {
        const pair = keyring.addFromUri(suri);
        return getPolkadotSigner(pair.publicKey, 'Sr25519', (message) => pair.sign(message));
    };
    const pair = keyring.addFromUri(suri);
    const signer = signerOf(suri);
    const { hash } = await client.getFinalizedBlock();
    const read = readMetadata(await client.getMetadata(hash));

    const extrinsic = ({ pallet, call, args }) => api.tx[pallet][call](args);

    /** Signs, sends, and waits for the block. */
    async function send(call, signer, options) {
        try {
            const sent = extrinsic(call).signSubmitAndWatch(signer, options);
            const { ok, events, dispatchError } = await firstValueFrom(sent.pipe(filter(({ found }) => found)));
            if (!ok) {
                return { failed: refusal(dispatchError, read.docs) };
            }
            const eventOf = ({ type, value }) => ({ pallet: type, name: value.type, fields: plain(value.value) });
            return { events: events.map(eventOf) };
        } catch (error) {
            // What the runtime says of a transaction that it does not take is decoded too.
            const { type, value } = error.error ?? {};
            return { refused: type ? `${type}.${value.type}` : error.message };
        }
    }

    /** Metadata of a version, as the runtime hands it out. */
    const metadata = (version) => api.apis.Metadata.metadata_at_version(version);

    return {
        hello: async () => ({
            metadata: Number(read.version.slice(1)),
            genesis: (await client.getChainSpecData()).genesisHash,
            spec: (await api.constants.System.Version()).spec_name,
            // PAPI has the names of the runtime.
            renamed: [],
        }),

        async submit(calls) {
            const first = await api.apis.AccountNonceApi.account_nonce(pair.address, { at: 'best' });
            const outcomes = [];
            while (outcomes.length < calls.length) {
                const next = calls.slice(outcomes.length, outcomes.length + AT_ONCE);
                const nonce = first + outcomes.length;
                outcomes.push(...(await Promise.all(next.map((call, i) => send(call, signer, { nonce: nonce + i })))));
            }
            return outcomes;
        },

        submitAs: (call, suri, nonce) => send(call, signerOf(suri), nonce === undefined ? {} : { nonce }),

        async submitWithMetadataHash(call, spoiled) {
            const digest = merkleizeMetadata(await client.getMetadata(hash), NETWORK).digest();
            // PAPI computes the hash itself; what is spoiled is spoiled on its way to the signature.
            const name = 'CheckMetadataHash';
            const spoiling = {
                ...signer,
                signTx: (call, extensions, ...rest) => {
                    const extension = extensions[name];
                    const additionalSigned = spoil(extension.additionalSigned);
                    return signer.signTx(call, { ...extensions, [name]: { ...extension, additionalSigned } }, ...rest);
                },
            };
            const sent = await send(call, withMetadataHash(NETWORK, spoiled ? spoiling : signer), {});
            return { digest: hex(digest), ...sent };
        },

        storage: async (pallet, item, keys) => plain(await api.query[pallet][item].getValue(...keys, { at: 'best' })),

        api: async (name, method, args) => plain(await api.apis[name][method](...args, { at: 'best' })),

        rpc: (method, params) => client._request(method, params),

        async errors(version, errors) {
            const opaque = await metadata(version);
            const { metadata: of, version: found, docs } = readMetadata(opaque);
            const builder = getDynamicBuilder(getLookupFn(of));
            const { codec } = builder.buildEvent('System', 'ExtrinsicFailed');
            const decoded = errors.map(([index, error]) => {
                // A failure as it stands among the events of a block: the error of a module, and zeros for what the
                // call would have weighed.
                const bytes = new Uint8Array([3, index, error, 0, 0, 0, 0, 0, 0, 0]);
                const { pallet, name } = refusal(codec.dec(bytes).dispatch_error, docs);
                return [pallet, name, docs(pallet, name)];
            });
            return { version: Number(found.slice(1)), decoded };
        },

        disconnect: () => client.destroy(),
    };
}
