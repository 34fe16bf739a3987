// A client of a node that does what a test asks of it: one JSON request a line on the standard input, one JSON answer a
// line on the standard output.
//
//     node main.mjs (polkadot-js|papi) URL SURI
//
// The account of SURI signs. In requests, text of digits stands for a number of 64 bits or more. In answers, numbers of
// more than 32 bits are text, bytes are hexadecimal, and fields have the names that the runtime gave them.

import { createInterface } from 'node:readline';
import { connect as papi } from './papi.mjs';
import { connect as polkadotJs } from './polkadot-js.mjs';

const CLIENTS = { papi, 'polkadot-js': polkadotJs };

// The standard output is for answers; libraries write there too.
console.log = console.error;
console.info = console.error;

/** Reads a request: text of digits are numbers. */
function revive(_key, value) {
    return typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : value;
}

const [name, url, suri] = process.argv.slice(2);
const connect = CLIENTS[name];
if (!connect || !url || !suri) {
    throw new Error(`usage: node main.mjs (${Object.keys(CLIENTS).join('|')}) URL SURI`);
}
const client = await connect(url, suri);

const requests = {
    // What the client has read of the chain.
    hello: () => client.hello(),
    // Calls of the signer, sent at once in this order; one answer for each.
    submit: ({ calls }) => client.submit(calls),
    // A call of an account other than the signer, or with a nonce that is not the next.
    submitAs: ({ call, suri, nonce }) => client.submitAs(call, suri, nonce),
    // A transaction that is signed together with the hash of the metadata, a spoiled one if it is asked for.
    submitWithMetadataHash: ({ call, spoiled }) => client.submitWithMetadataHash(call, spoiled),
    // A value in storage.
    storage: ({ pallet, item, keys }) => client.storage(pallet, item, keys),
    // The answer of a runtime API.
    api: ({ api, method, args }) => client.api(api, method, args),
    // What the node answers to a request of its JSON-RPC.
    rpc: ({ method, params }) => client.rpc(method, params),
    // Who made a block, as the client shows it.
    author: ({ block }) => client.author(block),
    // Names and documentation of errors, read from the metadata of one version.
    errors: ({ version, errors }) => client.errors(version, errors),
};

for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line, revive);
    let answer;
    try {
        answer = { answer: await requests[request.do](request) };
    } catch (error) {
        answer = { error: error.stack ?? String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await client.disconnect();
