//! Poseidon2 (P-POSEIDON2), the twin of `cloister_crypto::poseidon2`.
//!
//! A constraint costs the same however many wires its combinations have, so the linear layers are free and only `x^5`
//! is paid: three constraints per box. Inside the partial rounds every box input is a fixed combination of the eight
//! boxes of the last full round and of the earlier boxes; those coefficients are computed once for all permutations.

use std::sync::LazyLock;

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{POSEIDON2_HALF_FULL_ROUNDS, POSEIDON2_PARTIAL_ROUNDS, POSEIDON2_RATE, POSEIDON2_WIDTH},
    poseidon2::{
        capacity, external_layer, internal_layer, State as Values, FULL_ROUND_CONSTANTS, INTERNAL_DIAGONAL,
        PARTIAL_ROUND_CONSTANTS,
    },
};
use ff::Field;

use super::{
    boolean::Bit,
    choice::select,
    num::{takes_values_only, Num},
};
use crate::Fr;

/// Constraints of one permutation.
pub const PERMUTATION_COST: usize = 3 * (2 * POSEIDON2_HALF_FULL_ROUNDS * POSEIDON2_WIDTH + POSEIDON2_PARTIAL_ROUNDS);

/// Constraints of a sponge over `length` elements.
pub const fn sponge_cost(length: usize) -> usize {
    let chunks = length.div_ceil(POSEIDON2_RATE);
    PERMUTATION_COST * if chunks == 0 { 1 } else { chunks }
}

type State = [Num; POSEIDON2_WIDTH];

/// Coefficients over the eight boxes before the partial rounds, then over the partial boxes so far.
struct PartialRounds {
    /// Of the box input of each partial round, without its constant.
    inputs: Vec<Vec<Fr>>,
    /// Of the state after the partial rounds.
    outputs: [Vec<Fr>; POSEIDON2_WIDTH],
}

/// Rows of the external matrix.
static EXTERNAL: LazyLock<[[Fr; POSEIDON2_WIDTH]; POSEIDON2_WIDTH]> = LazyLock::new(|| {
    let columns: [[Fr; POSEIDON2_WIDTH]; POSEIDON2_WIDTH] = std::array::from_fn(|k| {
        let mut column: [Fr; POSEIDON2_WIDTH] = std::array::from_fn(|i| Fr::from(u64::from(i == k)));
        external_layer(&mut column);
        column
    });
    std::array::from_fn(|i| std::array::from_fn(|k| columns[k][i]))
});

static PARTIAL: LazyLock<PartialRounds> = LazyLock::new(|| {
    let mut state: [Vec<Fr>; POSEIDON2_WIDTH] = std::array::from_fn(|i| EXTERNAL[i].to_vec());
    let mut inputs = Vec::with_capacity(POSEIDON2_PARTIAL_ROUNDS);
    for round in 0..POSEIDON2_PARTIAL_ROUNDS {
        // The box replaces the first element by a new wire.
        let fresh = (0..POSEIDON2_WIDTH + round + 1).map(|k| Fr::from(u64::from(k == POSEIDON2_WIDTH + round)));
        inputs.push(std::mem::replace(&mut state[0], fresh.collect()));
        for row in &mut state[1..] {
            row.push(Fr::zero());
        }
        let sum: Vec<Fr> = (0..POSEIDON2_WIDTH + round + 1)
            .map(|k| state.iter().map(|row| row[k]).sum::<Fr>())
            .collect();
        for (row, d) in state.iter_mut().zip(&INTERNAL_DIAGONAL) {
            for (x, s) in row.iter_mut().zip(&sum) {
                *x = *x * d + s;
            }
        }
    }
    PartialRounds { inputs, outputs: state }
});

/// `x^5`. Three constraints.
fn sbox<CS: ConstraintSystem<Fr>>(cs: &mut CS, x: &Num) -> Result<Num, SynthesisError> {
    let square = x.mul(cs, || "square", x)?;
    let fourth = square.mul(cs, || "fourth", &square)?;
    fourth.mul(cs, || "fifth", x)
}

/// One full round up to the boxes; the linear layer is left to the caller.
fn full_boxes<CS: ConstraintSystem<Fr>>(cs: &mut CS, round: usize, state: State) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| format!("full round {round}"));
    state
        .into_iter()
        .zip(&FULL_ROUND_CONSTANTS[round])
        .enumerate()
        .map(|(i, (x, constant))| sbox(&mut cs.namespace(|| format!("box {i}")), &x.add_constant(*constant)))
        .collect()
}

fn combine(coefficients: &[Fr], boxes: &[Num]) -> Num {
    Num::sum(coefficients.iter().copied().zip(boxes))
}

fn external(boxes: &[Num]) -> State {
    std::array::from_fn(|i| combine(&EXTERNAL[i], boxes))
}

/// `x^5` and its wires.
fn sbox_value<CS: ConstraintSystem<Fr>>(cs: &mut CS, x: Fr) -> Result<Fr, SynthesisError> {
    let square = x.square();
    let fourth = square.square();
    let fifth = fourth * x;
    for (name, value) in [("square", square), ("fourth", fourth), ("fifth", fifth)] {
        cs.alloc(|| name, || Ok(value))?;
    }
    Ok(fifth)
}

/// The wires of full rounds and the state after them.
fn full_round_values<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    rounds: &[Values],
    mut state: Values,
) -> Result<Values, SynthesisError> {
    for constants in rounds {
        for (x, constant) in state.iter_mut().zip(constants) {
            *x = sbox_value(cs, *x + constant)?;
        }
        external_layer(&mut state);
    }
    Ok(state)
}

/// [`permute`] in a system that takes values only: the native permutation, of which each box leaves its wires.
fn permute_values<CS: ConstraintSystem<Fr>>(cs: &mut CS, state: &State) -> Result<State, SynthesisError> {
    let mut state = values_of(state).ok_or(SynthesisError::AssignmentMissing)?;
    let (before, after) = FULL_ROUND_CONSTANTS.split_at(POSEIDON2_HALF_FULL_ROUNDS);
    external_layer(&mut state);
    state = full_round_values(cs, before, state)?;
    for constant in &PARTIAL_ROUND_CONSTANTS {
        state[0] = sbox_value(cs, state[0] + constant)?;
        internal_layer(&mut state);
    }
    Ok(full_round_values(cs, after, state)?.map(Num::of_value))
}

/// The permutation. [`PERMUTATION_COST`] constraints.
pub fn permute<CS: ConstraintSystem<Fr>>(cs: &mut CS, state: &State) -> Result<State, SynthesisError> {
    if takes_values_only::<CS>() {
        return permute_values(cs, state);
    }
    let mut state = external(state);
    let mut boxes = Vec::new();
    for round in 0..POSEIDON2_HALF_FULL_ROUNDS {
        boxes = full_boxes(cs, round, state)?;
        state = external(&boxes);
    }
    // The values run along, so that they are not evaluated from the long combinations.
    let mut values = values_of(&state);
    for (round, (coefficients, constant)) in PARTIAL.inputs.iter().zip(&PARTIAL_ROUND_CONSTANTS).enumerate() {
        let mut cs = cs.namespace(|| format!("partial round {round}"));
        let input = Num::from_boxes(coefficients, &boxes, values.map(|v| v[0])).add_constant(*constant);
        let output = sbox(&mut cs, &input)?;
        if let (Some(values), Some(output)) = (&mut values, output.value()) {
            values[0] = output;
            internal_layer(values);
        }
        boxes.push(output);
    }
    state = std::array::from_fn(|i| Num::from_boxes(&PARTIAL.outputs[i], &boxes, values.map(|v| v[i])));
    for round in POSEIDON2_HALF_FULL_ROUNDS..2 * POSEIDON2_HALF_FULL_ROUNDS {
        let boxes = full_boxes(cs, round, state)?;
        state = external(&boxes);
    }
    Ok(state)
}

fn values_of(state: &State) -> Option<[Fr; POSEIDON2_WIDTH]> {
    let mut values = [Fr::zero(); POSEIDON2_WIDTH];
    for (value, num) in values.iter_mut().zip(state) {
        *value = num.value()?;
    }
    Some(values)
}

/// Hash of a tree node. [`PERMUTATION_COST`] constraints.
pub fn compress8<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    children: &State,
) -> Result<Num, SynthesisError> {
    let state = permute(&mut cs.namespace(|| name), children)?;
    Ok(&state[0] + &children[0])
}

/// The seven outputs of the sponge. [`sponge_cost`] constraints.
pub fn sponge_block<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    domain: u32,
    elements: &[Num],
) -> Result<[Num; POSEIDON2_RATE], SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let mut state: State = std::array::from_fn(|_| Num::zero());
    state[POSEIDON2_RATE] = Num::constant(capacity(domain, elements.len()));
    let empty: [&[Num]; 1] = [&[]];
    let chunks: Vec<&[Num]> = if elements.is_empty() {
        empty.to_vec()
    } else {
        elements.chunks(POSEIDON2_RATE).collect()
    };
    for (i, chunk) in chunks.into_iter().enumerate() {
        for (x, element) in state.iter_mut().zip(chunk) {
            *x += element;
        }
        state = permute(&mut cs.namespace(|| format!("block {i}")), &state)?;
    }
    let [a, b, c, d, e, f, g, _] = state;
    Ok([a, b, c, d, e, f, g])
}

/// The sponge's hash. [`sponge_cost`] constraints.
pub fn sponge<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    domain: u32,
    elements: &[Num],
) -> Result<Num, SynthesisError> {
    let [hash, ..] = sponge_block(cs, name, domain, elements)?;
    Ok(hash)
}

/// The hash of `one` where the bit is one, otherwise of `zero`: a domain and no more than one block of elements each,
/// which come after the shared ones. [`PERMUTATION_COST`] constraints and one for every element of the longer one that
/// is not shared.
pub fn sponge_of_two<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    condition: &Bit,
    shared: &[Num],
    one: (u32, &[Num]),
    zero: (u32, &[Num]),
) -> Result<Num, SynthesisError> {
    let longer = one.1.len().max(zero.1.len());
    debug_assert!(shared.len() + longer <= POSEIDON2_RATE);
    let mut cs = cs.namespace(|| name);
    let mut state: State = std::array::from_fn(|_| Num::zero());
    for (x, element) in state.iter_mut().zip(shared) {
        *x = element.clone();
    }
    for (i, x) in state.iter_mut().skip(shared.len()).enumerate().take(longer) {
        let element = |of: &[Num]| of.get(i).cloned().unwrap_or_else(Num::zero);
        *x = select(
            &mut cs,
            || format!("element {i}"),
            condition,
            &element(one.1),
            &element(zero.1),
        )?;
    }
    let [one, zero] = [one, zero].map(|(domain, elements)| capacity(domain, shared.len() + elements.len()));
    state[POSEIDON2_RATE] = condition.num().scale(one - zero).add_constant(zero);
    let [hash, ..] = permute(&mut cs, &state)?;
    Ok(hash)
}

impl Num {
    /// `Σ coefficient·box` over single wires in allocation order, with a value known already.
    fn from_boxes(coefficients: &[Fr], boxes: &[Num], value: Option<Fr>) -> Self {
        let terms = coefficients
            .iter()
            .zip(boxes)
            .filter(|(x, _)| !x.is_zero_vartime())
            .flat_map(|(x, num)| num.scaled_terms(*x));
        Self::from_sorted(value, terms)
    }
}
