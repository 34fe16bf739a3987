// Measures proofs of a seal in WebAssembly: `node run.mjs FILE.wasm [ROUNDS]`. In every round each engine proves once;
// the first proof of each is not counted, for that is when the machine code is optimised.

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";

const [file, rounds = "9"] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(file), {});
const { prepare, constraints, prove_ours, prove_theirs, proofs_are_good } = instance.exports;

function check(worked, what) {
    if (!worked) {
        throw new Error(what);
    }
}

function timed(prove) {
    const start = performance.now();
    check(prove(), "no proof");
    return performance.now() - start;
}

function median(values) {
    return values.toSorted((a, b) => a - b)[values.length >> 1];
}

check(prepare(), "no key");
const engines = [
    { name: "cloister", prove: prove_ours, times: [] },
    { name: "groth16", prove: prove_theirs, times: [] },
];
for (let round = 0; round <= Number(rounds); round++) {
    for (const { prove, times } of engines) {
        times.push(timed(prove));
    }
    check(proofs_are_good(), "proofs that differ, or are refused");
}
console.log(`node ${process.version}, seal, ${constraints()} constraints, medians of ${rounds} rounds, ms`);
for (const { name, times } of engines) {
    const counted = times.slice(1);
    const figures = [median(counted), Math.min(...counted), Math.max(...counted)].map((t) => t.toFixed(0));
    console.log(`${name} ${figures[0]} (${figures[1]} to ${figures[2]})`);
}
const [ours, theirs] = engines.map(({ times }) => median(times.slice(1)));
console.log(`ratio prove seal wasm groth16 ${(theirs / ours).toFixed(2)}`);
