// What the pages say to do with `@polkadot/api`, on a node that runs.
//
//     node pages.mjs check URL PAGE...
//     node pages.mjs run URL PAGE HEADING VOTER...
//
// `check` looks up every name of the chain in the pages: `api.tx`, `api.query` and `api.consts` wherever they stand,
// and calls, events, constants and storage without `api.` in the text. It prints how many names of each kind there are,
// as JSON.
//
// `run` does what the code below a heading says, from the first line to the last. A transaction that the page only
// writes down is signed and sent as well. `alice` and `anybody` sign, and every voter (a secret URI) votes. It prints
// the calls that were made, as JSON.

import { readFile } from 'node:fs/promises';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { stringCamelCase } from '@polkadot/util';
import { included } from './included.mjs';

/** How long something may take that happens by itself, milliseconds. */
const PATIENCE = 120_000;
/** Between two tries of what is not due yet, milliseconds. */
const POLL = 1_000;

const print = console.log;
// The standard output is for answers; libraries write there too.
console.log = console.error;
console.info = console.error;

/** The arguments behind a bracket, at the top level; `undefined` if there is none. */
function argumentsOf(text) {
    if (text[0] !== '(') {
        return undefined;
    }
    let depth = 0;
    let word = '';
    const found = [];
    for (const c of text) {
        depth += '([{'.includes(c) ? 1 : 0;
        depth -= ')]}'.includes(c) ? 1 : 0;
        if (depth === 0 || (depth === 1 && c === ',')) {
            found.push(word.trim());
            word = '';
        } else if (depth > 1 || c !== '(') {
            word += c;
        }
        if (depth === 0) {
            return found.filter((argument) => argument !== '');
        }
    }
    throw new Error(`a bracket is not closed: ${text.slice(0, 80)}`);
}

/** Looks up every name in the text of a page. */
function checkPage(api, name, text, counts) {
    const missing = (what) => {
        throw new Error(`${name}: the chain has no ${what}`);
    };
    for (const match of text.matchAll(/\bapi\.(tx|query|consts)\.(\w+)\.(\w+)/g)) {
        const [path, kind, pallet, item] = match;
        const found = api[kind][stringCamelCase(pallet)]?.[stringCamelCase(item)] ?? missing(path);
        // PAPI has the runtime's names, and gives the arguments in an object.
        const isPapi = /^[A-Z]/.test(pallet);
        const given = argumentsOf(text.slice(match.index + path.length));
        if (kind === 'tx' && given && !isPapi && given.length !== found.meta.args.length) {
            const wanted = found.meta.args.map((arg) => arg.name.toString());
            throw new Error(`${name}: ${path}(${given}) has not the arguments (${wanted})`);
        }
        counts[kind] += 1;
    }
    // In the text a name of the chain stands between backticks: `pallet.name`, `pallet.call(..)`.
    for (const [, pallet, item] of text.matchAll(/`(\w+)\.(\w+)[`(]/g)) {
        if (!api.tx[pallet] && !api.events[pallet]) {
            continue;
        }
        const known = [api.tx, api.query, api.consts, api.events].some((kind) => kind[pallet]?.[item]);
        if (!known) {
            missing(`${pallet}.${item}`);
        }
        counts.named += 1;
    }
}

/** The lines of code below a heading, without what stands before the first heading or behind the next. */
function codeBelow(text, heading) {
    const sections = text.split(/^## /m);
    const section = sections.find((part) => part.startsWith(`${heading}\n`));
    if (!section) {
        throw new Error(`there is no heading "${heading}"`);
    }
    // Paragraphs of a list stand three columns to the right, code seven.
    return section
        .split('\n')
        .filter((line) => /^ {7}\S/.test(line))
        .join('\n');
}

/** The code with every transaction sent: `await send(TRANSACTION, SIGNER)`. */
function sending(code) {
    return code
        .split('\n')
        .map((line) => {
            const [, indent, expression] = /^(\s*)(?:await )?(api\.tx\..*);\s*(?:\/\/.*)?$/.exec(line) ?? [];
            if (!expression) {
                return line;
            }
            const signed = /^(.*)\.signAndSend\((\w+)\)$/.exec(expression);
            const [, transaction, signer] = signed ?? [expression, expression, 'alice'];
            return `${indent}await send(${transaction}, ${signer});`;
        })
        .join('\n');
}

async function run(api, code, voters) {
    const keyring = new Keyring({ type: 'sr25519' });
    const [alice, anybody] = ['//Alice', '//Bob'].map((suri) => keyring.addFromUri(suri));
    const made = [];
    const scope = {};
    // What the page calls `index` is known once the referendum is there.
    Object.defineProperty(globalThis, 'index', { get: () => scope.index });

    /** Signs, sends, and waits for the block; the error's name if the call fails. */
    async function attempt(transaction, pair) {
        const { events, dispatchError } = await included(api, transaction, pair);
        if (dispatchError) {
            const { isModule } = dispatchError;
            const meta = isModule ? api.registry.findMetaError(dispatchError.asModule) : undefined;
            return { error: meta ? `${meta.section}.${meta.name}` : dispatchError.type };
        }
        return { events: events.map(({ event }) => event) };
    }

    async function send(transaction, pair) {
        const { section, method } = transaction.method;
        const name = `${section}.${method}`;
        const votes = name === 'convictionVoting.vote';
        const pairs = votes ? voters.map((suri) => keyring.addFromUri(suri)) : [pair];
        const begin = Date.now();
        for (;;) {
            // Each signer has a transaction of its own: signing writes into it.
            const sent = pairs.map((signer) => attempt(api.tx(transaction.method), signer));
            const results = await Promise.all(sent);
            const failed = results.find(({ error }) => error)?.error;
            if (failed === undefined) {
                const submitted = results.flatMap(({ events }) => events).find(api.events.referenda.Submitted.is);
                scope.index = submitted ? submitted.data.index.toNumber() : scope.index;
                made.push(name);
                return;
            }
            // The vote is not over yet.
            if (failed !== 'timelock.NotAnnounced' || Date.now() - begin > PATIENCE) {
                throw new Error(`${name}: ${failed}`);
            }
            await new Promise((resolve) => setTimeout(resolve, POLL));
        }
    }

    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const body = sending(code);
    console.error(body);
    await new AsyncFunction('api', 'alice', 'anybody', 'send', body)(api, alice, anybody, send);
    return made;
}

const [what, url, ...rest] = process.argv.slice(2);
const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
if (what === 'check') {
    const counts = { tx: 0, query: 0, consts: 0, named: 0 };
    for (const page of rest) {
        checkPage(api, page, await readFile(page, 'utf8'), counts);
    }
    print(JSON.stringify(counts));
} else if (what === 'run') {
    const [page, heading, ...voters] = rest;
    print(JSON.stringify(await run(api, codeBelow(await readFile(page, 'utf8'), heading), voters)));
} else {
    throw new Error('usage: node pages.mjs (check URL PAGE... | run URL PAGE HEADING VOTER...)');
}
await api.disconnect();
