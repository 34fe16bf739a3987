// What became of a transaction of `@polkadot/api`.

/** Between two looks at the chain, milliseconds. */
const POLL = 500;
/** How many blocks are looked at after the pool has said its last word. */
const BLOCKS = 5;

/** The block with a transaction, and the transaction's events there; `undefined` if none has it soon. */
async function found(api, hash, since) {
    const begin = (await api.rpc.chain.getHeader()).number.toNumber();
    let next = since;
    for (;;) {
        const best = (await api.rpc.chain.getHeader()).number.toNumber();
        for (; next <= best; next += 1) {
            const block = await api.rpc.chain.getBlockHash(next);
            const { extrinsics } = (await api.rpc.chain.getBlock(block)).block;
            const index = extrinsics.findIndex((extrinsic) => extrinsic.hash.eq(hash));
            if (index !== -1) {
                const records = await (await api.at(block)).query.system.events();
                return records.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.eq(index));
            }
        }
        if (best >= begin + BLOCKS) {
            return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, POLL));
    }
}

/**
 * Signs, sends, and waits for the block: the events of the transaction, and the error if it failed there. It throws if
 * no block has it, with the node's reason. Two answers of a pool are no last word (docs/javascript.md): that it knows
 * the transaction already, and that one is invalid which it took.
 */
export async function included(api, transaction, pair, options = {}) {
    // On another fork a block before the best one may have it.
    const lastFinal = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
    const since = lastFinal.number.toNumber() + 1;
    try {
        return await new Promise((resolve, reject) => {
            transaction
                .signAndSend(pair, options, ({ status, isError, dispatchError, events }) => {
                    if (status.isInBlock) {
                        resolve({ events, dispatchError });
                    } else if (isError) {
                        reject(new Error(status.type));
                    }
                })
                .catch(reject);
        });
    } catch (error) {
        const undecided = error.message === 'Invalid' || error.message.startsWith('1013:');
        const events = undecided ? await found(api, transaction.hash, since) : undefined;
        if (events === undefined) {
            throw error;
        }
        const failure = events.find(({ event }) => api.events.system.ExtrinsicFailed.is(event));
        return { events, dispatchError: failure?.event.data.dispatchError };
    }
}
