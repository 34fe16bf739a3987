// `@polkadot/api` as a client of the chain.

import { merkleizeMetadata } from '@polkadot-api/merkleize-metadata';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { GenericAccountId, Metadata, TypeRegistry } from '@polkadot/types';
import { AbstractArray, AbstractInt, bool, Bytes, Enum, Null, Option, Struct, U8aFixed } from '@polkadot/types-codec';
import { stringCamelCase, u8aToHex as hex } from '@polkadot/util';
import { NETWORK, spoil } from './hardware.mjs';
import { included } from './included.mjs';

/** `nextIndex` as the runtime calls it. */
const stringSnakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A decoded value as plain JSON. */
function plain(value) {
    if (value instanceof Option) {
        return value.isSome ? plain(value.unwrap()) : null;
    }
    if (value instanceof AbstractInt) {
        return value.bitLength() > 32 ? value.toString() : value.toNumber();
    }
    if (value instanceof bool) {
        return value.isTrue;
    }
    if (value instanceof Null) {
        return null;
    }
    if (value instanceof Enum) {
        return { type: value.type, value: plain(value.inner) };
    }
    if (value instanceof Struct) {
        const entries = [...value].map(([key, inner]) => [stringSnakeCase(key), plain(inner)]);
        return Object.fromEntries(entries);
    }
    if (value instanceof GenericAccountId) {
        return value.toString();
    }
    if (value instanceof U8aFixed || value instanceof Bytes) {
        return value.toHex();
    }
    if (value instanceof AbstractArray) {
        return [...value].map(plain);
    }
    return value.toString();
}

/** An argument of a request: polkadot.js writes a variant as `{ Id: value }`. */
function argument(value) {
    const isVariant = value !== null && typeof value === 'object' && 'type' in value;
    return isVariant ? { [value.type]: argument(value.value) } : value;
}

/** Fields that polkadot.js does not call what the runtime does: it appends `_` to names that its own objects have. */
function renamedFields(api) {
    const { lookup } = api.registry;
    const fieldsOf = (def) => {
        if (def.isComposite) {
            return def.asComposite.fields;
        }
        return def.isVariant ? def.asVariant.variants.flatMap(({ fields }) => fields) : [];
    };
    return lookup.types.flatMap(({ type: { def, path } }) =>
        fieldsOf(def)
            .map(({ name }) => lookup.sanitizeField(name)[0] ?? '')
            .filter((name) => name.endsWith('_'))
            .map((name) => `${path.map(String).join('::')}.${name}`),
    );
}

export async function connect(url, suri) {
    const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
    const keyring = new Keyring({ type: 'sr25519' });
    const signer = keyring.addFromUri(suri);
    const pallets = api.runtimeMetadata.asLatest.pallets.map((pallet) => pallet.name.toString());
    /** The name in the metadata of a pallet that polkadot.js calls by another one. */
    const palletOf = (section) => pallets.find((pallet) => stringCamelCase(pallet) === section);

    /** Pallet, name and documentation of a dispatch error. */
    function refusal(error) {
        if (error.isModule) {
            const { section, name, docs } = api.registry.findMetaError(error.asModule);
            return { pallet: palletOf(section), name, docs: docs.join(' ').trim() };
        }
        const inner = error.inner instanceof Null ? '' : `.${error.inner.type}`;
        return { pallet: null, name: `${error.type}${inner}`, docs: '' };
    }

    function eventOf({ event }) {
        const names = event.data.names ?? [];
        const fields = names.map((name, i) => [stringSnakeCase(name), plain(event.data[i])]);
        return { pallet: palletOf(event.section), name: event.method, fields: Object.fromEntries(fields) };
    }

    /** The call that a request names, with its arguments by their names. */
    function extrinsic({ pallet, call, args }) {
        const build = api.tx[stringCamelCase(pallet)][stringCamelCase(call)];
        const given = build.meta.args.map((arg) => argument(args[stringSnakeCase(arg.name.toString())]));
        return build(...given);
    }

    /** Signs, sends, and waits for the block. */
    async function send(call, pair, options) {
        const transaction = extrinsic(call);
        try {
            const { events, dispatchError } = await included(api, transaction, pair, options);
            return dispatchError ? { failed: refusal(dispatchError) } : { events: events.map(eventOf) };
        } catch (error) {
            return { refused: error.message };
        }
    }

    /** Metadata of a version, as the runtime hands it out. */
    async function metadata(version) {
        const opaque = await api.call.metadata.metadataAtVersion(version);
        return opaque.unwrap().toU8a(true);
    }

    return {
        hello: async () => ({
            metadata: api.runtimeMetadata.version,
            genesis: api.genesisHash.toHex(),
            spec: api.runtimeVersion.specName.toString(),
            renamed: renamedFields(api),
        }),

        async submit(calls) {
            const first = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
            return Promise.all(calls.map((call, i) => send(call, signer, { nonce: first + i })));
        },

        submitAs: (call, suri, nonce) => send(call, keyring.addFromUri(suri), nonce === undefined ? {} : { nonce }),

        async submitWithMetadataHash(call, spoiled) {
            const digest = merkleizeMetadata(await metadata(15), NETWORK).digest();
            const metadataHash = hex(spoiled ? spoil(digest) : digest);
            const sent = await send(call, signer, { mode: 1, metadataHash, withSignedTransaction: true });
            return { digest: hex(digest), ...sent };
        },

        async storage(pallet, item, keys) {
            return plain(await api.query[stringCamelCase(pallet)][stringCamelCase(item)](...keys));
        },

        async api(name, method, args) {
            return plain(await api.call[stringCamelCase(name)][stringCamelCase(method)](...args));
        },

        rpc: (method, params) => api._rpcCore.provider.send(method, params),

        async author(block) {
            const { author } = await api.derive.chain.getHeader(block);
            return author?.toString() ?? null;
        },

        async errors(version, errors) {
            const registry = new TypeRegistry();
            const read = new Metadata(registry, await metadata(version));
            registry.setMetadata(read);
            const names = read.asLatest.pallets.map((pallet) => pallet.name.toString());
            const decoded = errors.map(([index, error]) => {
                const { section, name, docs } = registry.findMetaError(new Uint8Array([index, error]));
                return [names.find((pallet) => stringCamelCase(pallet) === section), name, docs.join(' ').trim()];
            });
            return { version: read.version, decoded };
        },

        disconnect: () => api.disconnect(),
    };
}
